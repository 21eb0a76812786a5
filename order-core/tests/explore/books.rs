//! The same order kept a second time, by other code: plain sums over the events, nothing clever.

use order_core::{
    Adjustment, AdjustmentKind, AdjustmentValue, Lifecycle, Line, LineQuantity, Operation, Order,
    OrderEvent, PaymentStatus, Status,
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    id: String,
    price: i64,
    ordered: u32,
    cancelled: u32,
    shipped: u32,
    delivered: u32,
    requested: u32,
    returned: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cash {
    id: String,
    authorized: i64,
    captured: i64,
    voided: i64,
    refunded: i64,
    failed: bool,
    /// Whether a provider keeps it, which may take more than is owed.
    remote: bool,
}

#[derive(Clone, Debug)]
struct Back {
    id: String,
    awaited: Vec<LineQuantity>,
}

/// What the events say, in sums.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    lifecycle: Lifecycle,
    on_hold: bool,
    archived: bool,
    processing: bool,
    lines: Vec<Counts>,
    adjustments: Vec<Adjustment>,
    payments: Vec<Cash>,
    parcels: Vec<(String, Vec<LineQuantity>)>,
    returns: Vec<Back>,
    /// Units that are out of the stock because of this order.
    stock_held: i64,
    /// Units that came back into it from a customer.
    restocked: i64,
    /// Authorizations that are not answered yet, by payment.
    asked: Vec<String>,
}

type Checked = Result<(), String>;

impl Books {
    pub(crate) fn new() -> Self {
        Self {
            lifecycle: Lifecycle::Draft,
            on_hold: false,
            archived: false,
            processing: false,
            lines: Vec::new(),
            adjustments: Vec::new(),
            payments: Vec::new(),
            parcels: Vec::new(),
            returns: Vec::new(),
            stock_held: 0,
            restocked: 0,
            asked: Vec::new(),
        }
    }

    /// Books one event, and says what no event may do.
    pub(crate) fn book(&mut self, event: &OrderEvent) -> Checked {
        let before = self.lifecycle;
        match event {
            OrderEvent::Drafted(content) | OrderEvent::Placed(content) => {
                self.lines = content.lines.iter().map(counts).collect();
                self.adjustments.clone_from(&content.adjustments);
                if matches!(event, OrderEvent::Placed(_)) {
                    self.lifecycle = Lifecycle::Placed;
                    self.stock_held = self.live();
                }
            }
            OrderEvent::Edited { lines, adjustments, .. } => {
                if let Some(lines) = lines {
                    self.lines = lines.iter().map(counts).collect();
                }
                if let Some(adjustments) = adjustments {
                    self.adjustments.clone_from(adjustments);
                }
                if before != Lifecycle::Draft {
                    self.stock_held = self.live();
                }
            }
            OrderEvent::Confirmed {} => self.lifecycle = Lifecycle::Confirmed,
            OrderEvent::Completed {} => return self.complete(),
            OrderEvent::ProcessingStarted {} => self.processing = true,
            OrderEvent::Held { .. } => self.on_hold = true,
            OrderEvent::Released {} => self.on_hold = false,
            OrderEvent::Cancelled { .. } => return self.cancel(),
            OrderEvent::Archived {} => self.archived = true,
            OrderEvent::Unarchived {} => self.archived = false,
            OrderEvent::Noted { .. } | OrderEvent::PersonErased {} => {}
            OrderEvent::ItemsCancelled { items, .. } => {
                self.each(items, |line, units| line.cancelled += units);
                self.stock_held -= units(items);
            }
            _ => return self.book_money(event).unwrap_or_else(|| self.book_goods(event)),
        }
        Ok(())
    }

    fn complete(&mut self) -> Checked {
        self.lifecycle = Lifecycle::Completed;
        let delivered = self.lines.iter().all(|line| line.delivered == line.live());
        if delivered && self.captured() >= self.total() {
            return Ok(());
        }
        Err("an order was completed before it was delivered and paid".into())
    }

    fn cancel(&mut self) -> Checked {
        self.lifecycle = Lifecycle::Cancelled;
        self.on_hold = false;
        self.stock_held = 0;
        let shipped = self.lines.iter().any(|line| line.shipped > 0);
        if shipped { Err("a shipped order was cancelled".into()) } else { Ok(()) }
    }

    fn book_money(&mut self, event: &OrderEvent) -> Option<Checked> {
        let total = self.total();
        match event {
            OrderEvent::PaymentAuthorized { payment_id, amount, remote, .. } => {
                let cash = self.cash(payment_id.as_str());
                cash.authorized += amount.minor();
                cash.failed = false;
                cash.remote |= remote;
                self.asked.retain(|id| id != payment_id.as_str());
            }
            OrderEvent::PaymentCaptured { payment_id, amount, .. } => {
                let known = self.payments.iter().any(|cash| cash.id == payment_id.as_str());
                let cash = self.cash(payment_id.as_str());
                cash.captured += amount.minor();
                if !known {
                    cash.authorized += amount.minor();
                }
                if !cash.remote && self.captured() > total {
                    return Some(Err("more was captured than was owed".into()));
                }
            }
            OrderEvent::PaymentVoided { payment_id, amount } => {
                self.cash(payment_id.as_str()).voided += amount.minor();
            }
            OrderEvent::PaymentFailed { payment_id, remote, .. } => {
                let cash = self.cash(payment_id.as_str());
                (cash.voided, cash.failed) = (cash.authorized, true);
                cash.remote |= remote;
                self.asked.retain(|id| id != payment_id.as_str());
            }
            OrderEvent::PaymentRequested { operation, payment_id, .. } => {
                if *operation == Operation::Authorize {
                    self.cash(payment_id.as_str()).remote = true;
                    self.asked.push(payment_id.as_str().to_owned());
                }
            }
            OrderEvent::ProcessClosed {} => self.asked.clear(),
            OrderEvent::PaymentRequestRefused { .. }
            | OrderEvent::PaymentDisputed { .. }
            | OrderEvent::StockHoldRequested { .. }
            | OrderEvent::StockHeld {}
            | OrderEvent::StockHoldRefused { .. }
            | OrderEvent::ProcessStalled { .. }
            | OrderEvent::ProcessResumed {} => {}
            OrderEvent::PaymentRefunded { payment_id, amount, .. } => {
                self.cash(payment_id.as_str()).refunded += amount.minor();
            }
            _ => return None,
        }
        let sound = |cash: &Cash| {
            let moved = [cash.captured, cash.voided, cash.refunded];
            moved.iter().all(|amount| *amount >= 0)
                && cash.captured + cash.voided <= cash.authorized
                && cash.refunded <= cash.captured
        };
        let sound = self.payments.iter().all(sound);
        Some(if sound { Ok(()) } else { Err("money came from nowhere".into()) })
    }

    fn book_goods(&mut self, event: &OrderEvent) -> Checked {
        match event {
            OrderEvent::Shipped { shipment_id, items, .. } => {
                self.each(items, |line, units| line.shipped += units);
                self.parcels.push((shipment_id.as_str().to_owned(), items.clone()));
            }
            OrderEvent::Delivered { shipment_id } => {
                let parcel = self.parcels.iter().position(|(id, _)| id == shipment_id.as_str());
                let parcel = parcel.ok_or("a parcel arrived that was not on its way")?;
                let (_, items) = self.parcels.remove(parcel);
                self.each(&items, |line, units| line.delivered += units);
            }
            OrderEvent::ReturnRequested { return_id, items, .. } => {
                self.each(items, |line, units| line.requested += units);
                let (id, awaited) = (return_id.as_str().to_owned(), items.clone());
                self.returns.push(Back { id, awaited });
            }
            OrderEvent::ReturnReceived { return_id, items, restock } => {
                self.each(items, |line, units| {
                    line.requested -= units;
                    line.returned += units;
                });
                let back = self.returns.iter_mut().find(|back| back.id == return_id.as_str());
                let back = back.ok_or("a return came that nobody asked for")?;
                for item in items {
                    let awaited = back.awaited.iter_mut().find(|of| of.line_id == item.line_id);
                    awaited.ok_or("a line came back unasked")?.quantity -= item.quantity;
                }
                if *restock {
                    self.stock_held -= units(items);
                    self.restocked += units(items);
                }
            }
            OrderEvent::ReturnRejected { return_id, .. } => {
                let at = self.returns.iter().position(|back| back.id == return_id.as_str());
                let back = self.returns.remove(at.ok_or("no such return to reject")?);
                self.each(&back.awaited, |line, units| line.requested -= units);
            }
            other => return Err(format!("an event without a book: {other:?}")),
        }
        let sound = |line: &Counts| {
            line.delivered <= line.shipped
                && line.shipped + line.cancelled <= line.ordered
                && line.requested + line.returned <= line.delivered
        };
        let sound = self.lines.iter().all(sound);
        if sound { Ok(()) } else { Err("units came from nowhere".into()) }
    }

    fn each(&mut self, items: &[LineQuantity], book: impl Fn(&mut Counts, u32)) {
        for item in items {
            for line in self.lines.iter_mut().filter(|line| line.id == item.line_id.as_str()) {
                book(line, item.quantity);
            }
        }
    }

    fn cash(&mut self, id: &str) -> &mut Cash {
        let at = self.payments.iter().position(|cash| cash.id == id).unwrap_or_else(|| {
            self.payments.push(Cash { id: id.to_owned(), ..Cash::default() });
            self.payments.len() - 1
        });
        &mut self.payments[at]
    }

    fn live(&self) -> i64 {
        self.lines.iter().map(|line| i64::from(line.live())).sum()
    }

    fn captured(&self) -> i64 {
        self.payments.iter().map(|cash| cash.captured).sum()
    }

    /// The total in integers: a third off and half on, rounded half up, for none is negative.
    fn total(&self) -> i64 {
        let percent = |kind, base: i64| -> i64 {
            let of_kind = self.adjustments.iter().filter(|adjustment| adjustment.kind == kind);
            let amount = |adjustment: &Adjustment| match adjustment.value {
                AdjustmentValue::Amount(amount) => amount.minor(),
                AdjustmentValue::Percent(rate) => {
                    (base * i64::from(rate.millionths()) * 2 + 1_000_000) / 2_000_000
                }
            };
            of_kind.map(amount).sum()
        };
        let goods = self.lines.iter().map(|line| line.price * i64::from(line.live())).sum();
        let reduced = goods - percent(AdjustmentKind::Discount, goods).min(goods);
        let charged = reduced + percent(AdjustmentKind::Shipping, goods);
        let charged = charged + percent(AdjustmentKind::Fee, goods);
        charged + percent(AdjustmentKind::Tax, charged)
    }

    fn status(&self) -> Status {
        let sum = |of: fn(&Counts) -> u32| self.lines.iter().map(of).sum::<u32>();
        let live = sum(Counts::live);
        let (shipped, delivered) = (sum(|line| line.shipped), sum(|line| line.delivered));
        match self.lifecycle {
            Lifecycle::Draft => Status::Draft,
            Lifecycle::Placed => Status::Pending,
            Lifecycle::Cancelled => Status::Cancelled,
            _ if live > 0 && sum(|line| line.returned) == live => Status::Returned,
            Lifecycle::Completed => Status::Completed,
            Lifecycle::Confirmed if delivered == live => Status::Delivered,
            Lifecycle::Confirmed if shipped == live => Status::Shipped,
            Lifecycle::Confirmed if shipped > 0 => Status::PartiallyShipped,
            Lifecycle::Confirmed if self.processing => Status::Processing,
            Lifecycle::Confirmed => Status::Confirmed,
        }
    }

    fn payment_status(&self) -> PaymentStatus {
        let refunded: i64 = self.payments.iter().map(|cash| cash.refunded).sum();
        let open = |cash: &Cash| cash.authorized - cash.captured - cash.voided > 0;
        let called_off = self.lifecycle == Lifecycle::Cancelled;
        let owed = if called_off { 0 } else { self.total() };
        match self.captured() {
            0 if self.payments.iter().any(open) => PaymentStatus::Authorized,
            0 if !self.asked.is_empty() => PaymentStatus::Pending,
            0 if self.payments.last().is_some_and(|cash| cash.failed) => PaymentStatus::Failed,
            0 if self.payments.last().is_some_and(|cash| cash.remote && cash.authorized == 0) => {
                PaymentStatus::Unpaid
            }
            0 if !self.payments.is_empty() => PaymentStatus::Voided,
            0 if owed > 0 || called_off => PaymentStatus::Unpaid,
            0 if self.lifecycle == Lifecycle::Draft => PaymentStatus::Unpaid,
            0 => PaymentStatus::Paid,
            captured if refunded == captured => PaymentStatus::Refunded,
            captured if captured - refunded > owed => PaymentStatus::Overpaid,
            // What was given back because too much was paid makes nothing partial.
            captured if refunded > 0 && captured - refunded < owed => {
                PaymentStatus::PartiallyRefunded
            }
            captured if captured < owed => PaymentStatus::PartiallyPaid,
            _ => PaymentStatus::Paid,
        }
    }

    /// Compares these books with what the order says of itself.
    pub(crate) fn check(&self, order: &Order) -> Checked {
        let same_lines = order.lines().len() == self.lines.len()
            && order.lines().iter().map(counts_now).eq(self.lines.iter().cloned());
        let same_cash = order.payments().iter().map(cash_now).eq(self.payments.iter().cloned());
        let held = match order.lifecycle() {
            Lifecycle::Draft | Lifecycle::Cancelled => 0,
            _ => order.lines().iter().map(|line| i64::from(line.live())).sum(),
        };
        let facts = [
            (same_lines, "the quantities"),
            (same_cash, "the payments"),
            (order.totals().total.minor() == self.total(), "the total"),
            (order.lifecycle() == self.lifecycle, "the life cycle"),
            (order.on_hold() == self.on_hold, "the hold"),
            (order.archived_at().is_some() == self.archived, "the archive"),
            (order.status() == self.status(), "the status"),
            (order.payment_status() == self.payment_status(), "the payment status"),
            (self.stock_held >= 0 && self.stock_held + self.restocked == held, "the stock"),
        ];
        match facts.iter().find(|(same, _)| !same) {
            None => Ok(()),
            Some((_, what)) => {
                Err(format!("{what} differ: the order {order:?}, the books {self:?}"))
            }
        }
    }
}

impl Counts {
    fn live(&self) -> u32 {
        self.ordered - self.cancelled
    }
}

fn units(items: &[LineQuantity]) -> i64 {
    items.iter().map(|item| i64::from(item.quantity)).sum()
}

fn counts(line: &Line) -> Counts {
    let (id, price) = (line.id.as_str().to_owned(), line.unit_price.minor());
    Counts { id, price, ordered: line.quantity, ..Counts::default() }
}

fn counts_now(line: &Line) -> Counts {
    Counts {
        cancelled: line.cancelled,
        shipped: line.shipped,
        delivered: line.delivered,
        requested: line.return_requested,
        returned: line.returned,
        ..counts(line)
    }
}

fn cash_now(payment: &order_core::Payment) -> Cash {
    Cash {
        id: payment.id.as_str().to_owned(),
        authorized: payment.authorized.minor(),
        captured: payment.captured.minor(),
        voided: payment.voided.minor(),
        refunded: payment.refunded.minor(),
        failed: payment.failed,
        remote: payment.remote,
    }
}
