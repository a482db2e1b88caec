import { request } from 'undici'

const authorization = `Basic ${Buffer.from('agencyadm01:X').toString('base64')}`

export interface Load {
  readonly answered: number
  stop(): Promise<void>
}

/** Cold GETs without end, by some consumers, each with a few at once; failures are part of it. */
export function startLoad(urlNow: () => string | undefined, workers = 12): Load {
  let isStopped = false
  let next = 0
  let answered = 0
  const work = async (worker: number): Promise<void> => {
    while (!isStopped) {
      const url = urlNow()
      if (url === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        continue
      }
      try {
        const response = await request(`${url}/client/?limit=1&offset=${next++}`, {
          headers: {
            authorization,
            accept: 'application/json',
            'intervals-proxy-consumer': `consumer-${worker % 4}`,
          },
        })
        await response.body.dump()
        if (response.statusCode === 200) answered++
        else await new Promise((resolve) => setTimeout(resolve, 20))
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  const all = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))
  return {
    get answered() {
      return answered
    },
    async stop() {
      isStopped = true
      await all
    },
  }
}
