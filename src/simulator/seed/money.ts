/** Expenses, invoices, payments, requests, documents and saved filters. */
import { addDays } from '../rows/call-context.js'
import type { Store } from '../rows/store.js'
import type { SeedPlan } from './plan.js'
import { sentences } from './words.js'

export function seedInvoices(store: Store, plan: SeedPlan): void {
  const { random } = plan
  const projects = store.all('project')
  const people = store.all('person')
  for (let at = 0; at < plan.invoices; at += 1) {
    const project = random.pick(projects)
    const date = addDays(plan.today, -random.between(0, 300))
    const invoice = store.insert('invoice', {
      localidunpadded: String(at + 1),
      projectid: project.id,
      date,
      termid: String(random.between(1, 5)),
      termother: '',
      termotherdatedue: null,
      title: `Invoice for ${project['name'] ?? ''}`,
      description: random.pick(sentences),
      addressfrom: 'The Agency\r\n1 Main Road',
      addressto: '',
      purchaseorder: random.chance(0.4) ? `PO/${random.between(100, 999)}` : '',
      tax: random.pick(['0.00', '19.00', '20.00']),
      secondtax: '0.00',
      secondtaxcompound: 'f',
      disclaimer: '',
    })
    let amount = 0
    for (let left = random.between(1, 4); left > 0; left -= 1) {
      const quantity = random.between(1, 40)
      const rate = random.pick([85, 110, 125, 150])
      amount += quantity * rate
      store.insert('invoiceitem', {
        invoiceid: invoice.id,
        name: random.pick(['Design', 'Programming', 'Consulting']),
        description: '',
        quantity: `${quantity}.00`,
        rate: `${rate}.00`,
        amount: `${quantity * rate}.00`,
      })
    }
    store.insert('invoicenote', {
      invoiceid: invoice.id,
      authorid: random.pick(people).id,
      title: 'Sent',
      note: '',
      date,
      actions: '',
    })
    if (!random.chance(0.6)) continue
    const paid = amount * (1 + Number(invoice['tax'] ?? 0) / 100)
    store.insert('payment', {
      projectid: project.id,
      personid: random.pick(people).id,
      date: addDays(date, random.between(0, 40)),
      amount: (random.chance(0.8) ? paid : paid / 2).toFixed(2),
      typeid: String(random.between(1, 5)),
      reference: '',
      note: '',
      invoiceid: invoice.id,
    })
  }
}

export function seedOthers(store: Store, plan: SeedPlan): void {
  const { random } = plan
  const projects = store.all('project')
  const tasks = store.all('task')
  const people = store.all('person')
  for (let at = 0; at < plan.invoices * 2; at += 1) {
    const cost = random.between(5, 900)
    store.insert('expense', {
      projectid: random.pick(projects).id,
      personid: random.pick(people).id,
      date: addDays(plan.today, -random.between(0, 300)),
      expense: `${cost}.00`,
      fee: (cost * 1.15).toFixed(2),
      note: random.pick(['Train ticket', 'Stock photos', 'Fonts & licences', 'Hosting']),
    })
    const datecreated = `${addDays(plan.today, -random.between(0, 300))} 12:00:00`
    store.insert('document', {
      filename: `sketch-${at + 1}.png`,
      title: `Sketch ${at + 1}`,
      notes: random.pick(sentences),
      public: random.chance(0.5) ? 't' : 'f',
      active: 't',
      datecreated,
      datemodified: datecreated,
      filesize: String(random.between(500, 4000)),
      personid: random.pick(people).id,
      ...documentPlace(random.pick(tasks), random.chance(0.6)),
      queueid: null,
      tags: random.pick(['sketch', 'sketch,final', '']),
    })
  }
  for (let at = 0; at < plan.invoices / 2; at += 1) {
    const date = addDays(plan.today, -random.between(0, 60))
    const request = store.insert('request', {
      personid: random.pick(people).id,
      projectid: random.pick(projects).id,
      priorityid: random.pick(store.all('taskpriority')).id,
      title: 'Could you please look at this?',
      description: random.pick(sentences),
      date,
      datedue: addDays(date, 7),
    })
    store.update('task', random.pick(tasks), { queueid: request.id })
  }
  for (const person of people.slice(0, 5)) {
    store.insert('tasklistfilter', {
      filtertypeid: '1',
      filtertype: 'Task list',
      personid: person.id,
      title: `My open tasks / ${person['firstname'] ?? ''}`,
      subfilterid: null,
      shared: random.chance(0.5) ? 't' : 'f',
      scheduled: 'f',
      datesent: null,
    })
  }
}

function documentPlace(
  task: { readonly id: string; readonly projectid?: string | null },
  isOnTask: boolean,
): { projectid: string | null; taskid: string | null } {
  return { projectid: task.projectid ?? null, taskid: isOnTask ? task.id : null }
}
