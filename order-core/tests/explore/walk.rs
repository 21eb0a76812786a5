//! A breadth-first walk over every order that commands can make, and what must hold at each step.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    thread,
};

use order_core::{
    Action, ActionSet, Command, EventId, Money, Operation, Order, OrderEvent, Progress, Recorded,
    RefundFact, Shipping, Status, Timestamp, Transition, decide, evolve,
    process::{Next, Step, next_step},
    replay,
};

use crate::{books::Books, key::key_of, menu::facts};

/// Reading a document costs more than all the rest, so only one order of so many is written and read.
const DOCUMENT_EVERY: u32 = 16;

/// Which orders a walk goes on from. What lies beyond is still decided, folded and checked once.
pub(crate) type Follow = fn(&Order) -> bool;

/// An order as it was first met: the shortest way there is known.
pub(crate) struct Seen {
    parent: u32,
    command: u16,
    pub(crate) status: Option<Status>,
}

/// All that a walk found.
#[derive(Default)]
pub(crate) struct Atlas {
    pub(crate) seen: Vec<Seen>,
    /// How often each row of the table was taken.
    pub(crate) moves: BTreeMap<Transition, u64>,
    pub(crate) refused: u64,
    pub(crate) events: HashSet<OrderEvent>,
}

/// What went wrong where.
pub(crate) struct Fault {
    at: u32,
    command: Option<u16>,
    what: String,
}

#[derive(Clone)]
struct Node {
    order: Option<Order>,
    books: Books,
    past: Option<Arc<Past>>,
}

/// The events that made an order, newest first; orders share the beginning of their histories.
struct Past {
    recorded: Recorded,
    before: Option<Arc<Past>>,
}

struct Fresh {
    key: Box<[u8]>,
    from: u32,
    command: u16,
    node: Node,
}

/// What one thread found in its part of a level.
#[derive(Default)]
struct Found {
    fresh: Vec<Fresh>,
    /// The keys in `fresh`.
    keys: HashSet<Box<[u8]>>,
    moves: BTreeMap<Transition, u64>,
    refused: u64,
    events: HashSet<OrderEvent>,
    faults: Vec<Fault>,
}

struct Walk<'a> {
    menu: &'a [Command],
    follow: Follow,
    known: HashSet<Box<[u8]>>,
}

/// Walks from nothing over everything within the bounds.
///
/// # Panics
/// At the first fault, with the shortest way to it.
pub(crate) fn walk(menu: &[Command], follow: Follow) -> Atlas {
    let mut walk = Walk { menu, follow, known: HashSet::new() };
    let mut atlas = Atlas::default();
    atlas.seen.push(Seen { parent: 0, command: 0, status: None });
    let mut level = vec![(0, Node { order: None, books: Books::new(), past: None })];
    while !level.is_empty() {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let share = level.len().div_ceil(threads);
        let parts = thread::scope(|scope| {
            let walk = &walk;
            let visit = |part| scope.spawn(move || walk.visit_all(part));
            let parts: Vec<_> = level.chunks(share).map(visit).collect();
            parts.into_iter().map(|part| part.join().unwrap()).collect::<Vec<_>>()
        });
        level = Vec::new();
        for mut found in parts {
            if let Some(fault) = found.faults.pop() {
                panic!("{}", atlas.story(menu, &fault));
            }
            walk.merge(&mut atlas, found, &mut level);
        }
    }
    atlas
}

impl Walk<'_> {
    fn merge(&mut self, atlas: &mut Atlas, found: Found, level: &mut Vec<(u32, Node)>) {
        for Fresh { key, from, command, node } in found.fresh {
            if self.known.insert(key) {
                let id = u32::try_from(atlas.seen.len()).unwrap();
                let status = node.order.as_ref().map(Order::status);
                atlas.seen.push(Seen { parent: from, command, status });
                level.push((id, node));
            }
        }
        for (row, count) in found.moves {
            *atlas.moves.entry(row).or_default() += count;
        }
        atlas.refused += found.refused;
        atlas.events.extend(found.events);
    }

    fn visit_all(&self, nodes: &[(u32, Node)]) -> Found {
        let mut found = Found::default();
        for (id, node) in nodes {
            if let Err((command, what)) = self.visit(&mut found, *id, node) {
                found.faults.push(Fault { at: *id, command, what });
                break;
            }
        }
        found
    }

    fn visit(&self, found: &mut Found, id: u32, node: &Node) -> Result<(), (Option<u16>, String)> {
        let order = node.order.as_ref();
        node.check().map_err(|what| (None, what))?;
        if id.is_multiple_of(DOCUMENT_EVERY) {
            let written =
                order.map_or(Ok(()), |order| check_document(order).and(check_advice(order)));
            written.map_err(|what| (None, what))?;
        }
        let kept = order.cloned();
        let allowed = order.map(Order::allowed_actions);
        let mut accepted = ActionSet::EMPTY;
        for (at, command) in self.menu.iter().enumerate() {
            let at = u16::try_from(at).unwrap();
            match decide(order, command) {
                Err(rejection) => {
                    found.refused += 1;
                    if rejection.allowed().is_some_and(|named| Some(named) != allowed) {
                        return Err((Some(at), "a rejection names other actions".into()));
                    }
                }
                Ok(events) => {
                    accepted = accepted.with(command.action());
                    let after = node.after(events, found).map_err(|what| (Some(at), what))?;
                    let fault = self.arrive(found, (id, at), command, node, after);
                    fault.map_err(|what| (Some(at), what))?;
                }
            }
        }
        if order != kept.as_ref() {
            return Err((None, "deciding changed the order".into()));
        }
        match allowed {
            Some(allowed) if allowed != accepted => {
                Err((None, format!("allowed are {allowed}, but accepted {accepted}")))
            }
            _ => Ok(()),
        }
    }

    fn arrive(
        &self,
        found: &mut Found,
        (id, at): (u32, u16),
        command: &Command,
        from: &Node,
        after: Node,
    ) -> Result<(), String> {
        let order = after.order.as_ref().ok_or("events left no order")?;
        let row = Transition {
            from: from.order.as_ref().map(Order::status),
            action: command.action(),
            to: order.status(),
        };
        if !row.is_legal() {
            return Err(format!("the table has no row {row:?}"));
        }
        *found.moves.entry(row).or_default() += 1;
        if !(self.follow)(order) {
            return after.check();
        }
        let key = key_of(order);
        if !self.known.contains(&key) && found.keys.insert(key.clone()) {
            found.fresh.push(Fresh { key, from: id, command: at, node: after });
        }
        Ok(())
    }
}

impl Node {
    /// The order, and its books, after what was decided.
    fn after(&self, events: Vec<OrderEvent>, found: &mut Found) -> Result<Self, String> {
        if events.is_empty() {
            return Err("a command was taken and nothing happened".into());
        }
        let mut after = self.clone();
        let version = self.order.as_ref().map_or(0, Order::version) + 1;
        for (ordinal, event) in (0..).zip(events) {
            after.books.book(&event)?;
            if !found.events.contains(&event) {
                check_wire(&event)?;
                found.events.insert(event.clone());
            }
            let recorded = record(version, ordinal, event);
            let order = evolve(after.order.take(), &recorded).map_err(|error| error.to_string())?;
            after.order = Some(order);
            after.past = Some(Arc::new(Past { recorded, before: after.past.take() }));
        }
        Ok(after)
    }

    fn check(&self) -> Result<(), String> {
        let Some(order) = &self.order else {
            return Ok(());
        };
        order.check()?;
        self.books.check(order)?;
        let mut history = Vec::new();
        let mut past = self.past.as_deref();
        while let Some(Past { recorded, before }) = past {
            history.push(recorded);
            past = before.as_deref();
        }
        let folded = replay(history.into_iter().rev(), None).map_err(|error| error.to_string())?;
        if folded.as_ref() != Some(order) {
            return Err("the history folds to something else".into());
        }
        check_way_on(order)?;
        check_process(order)
    }
}

fn check_document(order: &Order) -> Result<(), String> {
    let json = serde_json::to_string(order).map_err(|error| error.to_string())?;
    let read: Order = serde_json::from_str(&json).map_err(|error| error.to_string())?;
    if read == *order { Ok(()) } else { Err("the order's document says something else".into()) }
}

/// No order is a trap: the plainest commands, without any choice, bring it to its end.
fn check_way_on(order: &Order) -> Result<(), String> {
    let allowed = order.allowed_actions();
    if order.archived_at().is_some() && !allowed.contains(Action::Unarchive) {
        return Err("an archived order cannot be unarchived".into());
    }
    if order.on_hold() && !allowed.contains(Action::Release) {
        return Err("a held order cannot be released".into());
    }
    let mut now = order.clone();
    for _ in 0..STEPS_MAX {
        if now.status().is_terminal() {
            return Ok(());
        }
        let allowed = now.allowed_actions();
        let next = plain_way().into_iter().find(|command| allowed.contains(command.action()));
        let next = answer(&now).or(next);
        let next = next.ok_or_else(|| format!("a {} order has no way on", now.status()))?;
        let events = decide(Some(&now), &next).map_err(|error| error.to_string())?;
        now = folded(now, events)?;
    }
    Err(format!("after {STEPS_MAX} plain steps the order is still {}", now.status()))
}

/// What a provider says that does what it was asked: the first call that is not answered yet.
fn answer(order: &Order) -> Option<Command> {
    let call = order.calls().first()?;
    let payment = order.payments().iter().find(|payment| payment.id == call.payment_id)?;
    let mut facts = facts(call.payment_id.as_str(), [0; 5]);
    let grown = |sum: Money| Money::new(sum.minor() + call.amount.minor(), sum.currency());
    match call.operation {
        Operation::Authorize => facts.authorized = grown(payment.authorized),
        Operation::Capture => facts.captured = grown(payment.captured),
        Operation::Void => facts.voided = grown(payment.voided),
        Operation::Refund => {
            let id = call.refund_id.clone()?;
            facts.refunds.push(RefundFact { id, amount: call.amount });
        }
    }
    Some(Command::Advance(Progress::Facts(facts)))
}

/// The process of an order comes to rest by itself, whatever it is driven from, and the domain takes
/// every step of it. Once with a provider and an inventory that do as they are asked, and once after
/// its time has run out.
fn check_process(order: &Order) -> Result<(), String> {
    let far = Timestamp::from_millis(i64::from(u32::MAX));
    for now in [order.updated_at(), far] {
        let mut driven = order.clone();
        let mut steps = 0;
        loop {
            let command = match next_step(&driven, now) {
                Next::Never | Next::At(_) => break,
                Next::Now(Step::Take(command)) => *command,
                Next::Now(Step::Hold(_)) => Command::Advance(Progress::Held),
                Next::Now(Step::Call(_)) => answer(&driven).ok_or("a call of nothing")?,
            };
            let events = decide(Some(&driven), &command)
                .map_err(|error| format!("the process asks for {command:?}: {error}"))?;
            driven = folded(driven, events)?;
            steps += 1;
            if steps > STEPS_MAX {
                return Err(format!("the process goes on and on: {command:?}"));
            }
        }
        let cancelled = driven.status() == Status::Cancelled;
        let rests = driven.process().is_none_or(|it| !it.closed && it.attention.is_none());
        let remote = driven.payments().iter().filter(|payment| payment.remote);
        let kept: i64 = remote.map(|payment| payment.open() + payment.refundable()).sum();
        if cancelled && rests && kept != 0 {
            return Err("a cancelled order keeps the customer's money".into());
        }
    }
    Ok(())
}

/// More steps than the longest plain way has: a hold, a step for each status, some payments.
const STEPS_MAX: usize = 16;

/// What is done next, by the first of these that is allowed.
fn plain_way() -> [Command; 8] {
    let (id, amount, method, reference) = (None, None, None, None);
    [
        Command::Release,
        Command::Place { content: None, person: None },
        Command::Confirm,
        Command::Ship(Shipping::default()),
        Command::Deliver { shipment_id: None },
        Command::Capture { id, amount, method, reference },
        Command::Complete,
        Command::Cancel { reason: None },
    ]
}

fn folded(order: Order, events: Vec<OrderEvent>) -> Result<Order, String> {
    let version = order.version() + 1;
    let mut order = Some(order);
    for (ordinal, event) in (0..).zip(events) {
        let recorded = record(version, ordinal, event);
        order = Some(evolve(order, &recorded).map_err(|error| error.to_string())?);
    }
    order.ok_or_else(|| "events left no order".to_owned())
}

fn record(version: u64, ordinal: u32, event: OrderEvent) -> Recorded {
    let id = EventId { order_id: "order".parse().unwrap(), version, ordinal };
    let at = Timestamp::from_millis(i64::try_from(version).unwrap());
    Recorded { id, at, actor: "somebody".parse().unwrap(), event }
}

fn check_advice(order: &Order) -> Result<(), String> {
    let allowed = order.allowed_actions();
    for advice in order.advice() {
        if advice.allowed != allowed.contains(advice.action)
            || advice.allowed != advice.code.is_none()
            || advice.allowed != advice.reason.is_none()
        {
            return Err(format!("the advice is no advice: {advice:?}"));
        }
    }
    Ok(())
}

fn check_wire(event: &OrderEvent) -> Result<(), String> {
    let json = serde_json::to_string(event).map_err(|error| error.to_string())?;
    match serde_json::from_str::<OrderEvent>(&json) {
        Ok(read) if read == *event => Ok(()),
        Ok(read) => Err(format!("{json} is read as {read:?}")),
        Err(error) => Err(format!("{json} cannot be read: {error}")),
    }
}

impl Atlas {
    /// The shortest way to an order, as commands.
    pub(crate) fn way_to(&self, menu: &[Command], mut at: u32) -> Vec<String> {
        let mut way = Vec::new();
        while at != 0 {
            let Seen { parent, command, status } = &self.seen[at as usize];
            let status = status.map_or("nothing", Status::as_str);
            way.push(format!("{:?} → {status}", menu[usize::from(*command)]));
            at = *parent;
        }
        way.reverse();
        way
    }

    fn story(&self, menu: &[Command], fault: &Fault) -> String {
        let mut steps = self.way_to(menu, fault.at);
        if let Some(command) = fault.command {
            steps.push(format!("{:?}", menu[usize::from(command)]));
        }
        format!("{}\nafter:\n  {}", fault.what, steps.join("\n  "))
    }
}
