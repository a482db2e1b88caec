/** The manifests have the shape that a cluster with the restricted profile takes, and agree with each other. */
import { readdirSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { inProject } from '../project.js'
import { readPage } from './page.js'

const folder = 'docker/kubernetes/'
const names = readdirSync(inProject(folder))
const manifests = names.map((name) => parse(readPage(folder + name)) as Record<string, unknown>)
const ofKind = (kind: string) => manifests.find((one) => one['kind'] === kind)
const LABELS = { 'app.kubernetes.io/name': 'intervals-proxy' }

t.test('one of each kind, all of one name', async (t) => {
  const kinds = ['Deployment', 'NetworkPolicy', 'PodDisruptionBudget', 'Service']
  t.same(new Set(manifests.map(({ kind }) => kind)), new Set(kinds))
  for (const one of manifests) {
    t.match(one, { apiVersion: String, metadata: { name: 'intervals-proxy', labels: LABELS } })
  }
})

t.test('all choose the pods of the deployment', async (t) => {
  const chosen = { matchLabels: LABELS }
  t.match(ofKind('Deployment'), {
    spec: { selector: chosen, template: { metadata: { labels: LABELS } } },
  })
  t.match(ofKind('PodDisruptionBudget'), { spec: { selector: chosen, minAvailable: 1 } })
  t.match(ofKind('NetworkPolicy'), { spec: { podSelector: chosen } })
  t.match(ofKind('Service'), { spec: { selector: LABELS, ports: [{ targetPort: 'http' }] } })
})

t.test('the pod is restricted, probed, and stops in time', async (t) => {
  t.match(ofKind('Deployment'), {
    spec: {
      replicas: 2,
      template: {
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 45,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              ports: [{ name: 'http', containerPort: 8080 }],
              livenessProbe: { httpGet: { path: '/-/livez', port: 'http' } },
              readinessProbe: { httpGet: { path: '/-/readyz', port: 'http' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  })
})

t.test('the compose file of replicas: two proxies, and a balancer that knows both', async (t) => {
  const { services } = parse(readPage('docker/replicas.compose.yaml'), { merge: true }) as {
    services: Record<string, { environment?: Record<string, string> }>
  }
  const proxies = Object.entries(services).filter(([name]) => name.startsWith('proxy-'))
  t.equal(proxies.length, 2)
  const balancer = readPage('docker/replicas.nginx.conf')
  for (const [name, { environment }] of proxies) {
    const address = String(environment?.['INTERVALS_PROXY_REDIS_URL'])
    t.match(address, /^redis:\/\/:\$\{REDIS_PASSWORD:\?[^}]+\}@redis:6379\/$/u)
    t.ok(balancer.includes(`server ${name}:8080`), name)
  }
  t.ok(JSON.stringify(services['redis']).includes('volatile-lru'))
})
