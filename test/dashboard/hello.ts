/** What a dashboard that is opened now shows. */
import { request } from 'node:http'
import type { Test } from 'tap'
import type { Hello, Tick } from '../../src/dashboard/page/frame.js'

export function helloOf(port: number): Promise<Hello> {
  return new Promise((resolve, reject) => {
    const path = '/-/dashboard/stream'
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const end = text.indexOf('\n\n')
        if (end < 0) return
        sent.destroy()
        resolve(JSON.parse(text.slice(text.indexOf('data: ') + 6, end)) as Hello)
      })
    })
    sent.on('error', reject).end()
  })
}

/** What a dashboard that stays open is told each second, from now on. */
export function watchTicks(t: Test, port: number): Promise<readonly Tick[]> {
  const ticks: Tick[] = []
  return new Promise((resolve, reject) => {
    const path = '/-/dashboard/stream'
    const sent = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const events = (text + chunk).split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) {
          const data = event.slice(event.indexOf('data: ') + 6)
          if (event.startsWith('event: tick')) ticks.push(JSON.parse(data) as Tick)
          else resolve(ticks)
        }
      })
      response.on('error', () => {})
    })
    t.teardown(() => sent.destroy())
    sent.on('error', reject).end()
  })
}

/** The requests that a dashboard shows, once there are as many of them as `isEnough` wants. */
export async function requestsOf(
  port: number,
  isEnough: (requests: Hello['requests']) => boolean,
): Promise<Hello['requests']> {
  for (;;) {
    const { requests } = await helloOf(port)
    if (isEnough(requests)) return requests
  }
}
