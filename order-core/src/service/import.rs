//! Taking over records of another system, with their own times and numbers.

use serde::{Deserialize, Serialize};

use super::{
    error::ServiceError,
    execute::{Job, Known, Step},
    fingerprint::fingerprint,
    principal::Principal,
};
use crate::{
    Command, Content, CreditNote, ErrorKind, IdempotencyKey, Label, LineQuantity, Money, OrderId,
    OrderService, Person, Reason, RefusedRow, ReturnId, Shipping, Status, Timestamp,
    order::Totals,
    ports::{RequestKey, RequestRecord},
};

/// An order of another system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedSale {
    /// Its id.
    pub id: OrderId,
    /// What it is about.
    pub content: Content,
    /// Personal data.
    #[serde(default)]
    pub person: Person,
    /// When it happened: every event gets this time.
    pub at: Timestamp,
    /// How far it came: `pending`, `confirmed`, `shipped`, `delivered`, `completed` or `cancelled`.
    pub status: Status,
    /// Whether it is paid; a completed order always is.
    #[serde(default)]
    pub paid: bool,
}

/// Units that came back and were refunded in another system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedReturn {
    /// Which order.
    pub order_id: OrderId,
    /// Names the return, everywhere.
    pub id: ReturnId,
    /// When.
    pub at: Timestamp,
    /// Which units.
    pub items: Vec<LineQuantity>,
    /// What went back.
    pub amount: Money,
    /// Why.
    #[serde(default)]
    pub reason: Option<Reason>,
}

/// One record to take over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportRecord {
    /// An order.
    Sale(Box<ImportedSale>),
    /// A return of an order that was taken over before.
    Return(ImportedReturn),
    /// Money given back that belongs to no order.
    CreditNote(CreditNote),
    /// A row that cannot be taken, kept so that the books still add up.
    Refused(RefusedRow),
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It was taken over now.
    Taken,
    /// It was taken over before.
    Known,
    /// It was refused.
    Refused {
        /// The stable code of the reason.
        code: String,
        /// The reason in words.
        detail: String,
    },
}

impl OrderService {
    pub(super) async fn take_over(
        &self,
        who: &Principal,
        record: ImportRecord,
    ) -> Result<ImportOutcome, ServiceError> {
        who.check_staff("import")?;
        let done = match record {
            ImportRecord::Sale(sale) => self.take_sale(who, *sale).await,
            ImportRecord::Return(back) => self.take_return(who, back).await,
            ImportRecord::CreditNote(note) => self.take_credit_note(&note).await,
            ImportRecord::Refused(row) => {
                self.books.refuse(std::slice::from_ref(&row)).await?;
                Ok(ImportOutcome::Taken)
            }
        };
        match done {
            Err(error) if is_refusal(error.kind()) => Ok(ImportOutcome::Refused {
                code: error.code().to_owned(),
                detail: error.to_string(),
            }),
            done => done,
        }
    }

    async fn take_sale(
        &self,
        who: &Principal,
        sale: ImportedSale,
    ) -> Result<ImportOutcome, ServiceError> {
        let request = remember("import sale", sale.id.as_str(), fingerprint("sale", &sale))?;
        let at = Some(sale.at);
        let steps = commands_of(&sale)?;
        let steps = steps.into_iter().map(|command| Step { command, at }).collect();
        self.take_steps(who, sale.id, steps, request, true).await
    }

    async fn take_return(
        &self,
        who: &Principal,
        back: ImportedReturn,
    ) -> Result<ImportOutcome, ServiceError> {
        let request = remember("import return", back.id.as_str(), fingerprint("return", &back))?;
        let ImportedReturn { order_id, id, at, items, amount, reason } = back;
        let mut commands = vec![
            Command::RequestReturn {
                id: Some(id.clone()),
                items: Some(items),
                reason: reason.clone(),
            },
            Command::ReceiveReturn { id: Some(id.clone()), items: None, restock: false },
        ];
        if !amount.is_zero() {
            commands.push(Command::Refund {
                id: None,
                payment_id: None,
                amount: Some(amount),
                items: None,
                return_id: Some(id),
                reason,
            });
        }
        let step = |command| Step { command, at: Some(at) };
        let steps = commands.into_iter().map(step).collect();
        self.take_steps(who, order_id, steps, request, false).await
    }

    async fn take_steps(
        &self,
        who: &Principal,
        id: OrderId,
        steps: Vec<Step>,
        request: RequestRecord,
        is_new: bool,
    ) -> Result<ImportOutcome, ServiceError> {
        // A repeat of a sale fails at the key; one of a return would fail at the return's name.
        if !is_new && self.recall(&request).await?.is_some() {
            return Ok(ImportOutcome::Known);
        }
        let (expected_version, dry_run) = (None, false);
        let request = Some(request);
        let job = Job { id, steps, expected_version, dry_run, request, busy_until: None };
        let known = if is_new { Known::Absent } else { Known::Nothing };
        let done = self.run(who, &job, known).await;
        let receipt = self.or_first_answer(done, job.request.as_ref()).await?;
        Ok(if receipt.replayed { ImportOutcome::Known } else { ImportOutcome::Taken })
    }

    async fn take_credit_note(&self, note: &CreditNote) -> Result<ImportOutcome, ServiceError> {
        if !note.is_sound().map_err(crate::Rejection::from)? {
            let detail = "a credit note comes to the sum of its lines, and to no more than zero";
            return Err(ServiceError::invalid("/total", "credit_note.unsound", detail));
        }
        let new = self.books.issue(note).await?;
        Ok(if new { ImportOutcome::Taken } else { ImportOutcome::Known })
    }
}

const fn is_refusal(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Internal)
}

fn remember(
    owner: &'static str,
    id: &str,
    fingerprint: u64,
) -> Result<RequestRecord, ServiceError> {
    let key = IdempotencyKey::try_from(id)
        .map_err(|error| ServiceError::invalid("/id", error.code(), error))?;
    Ok(RequestRecord { key: RequestKey { owner: Label::fixed(owner), key }, fingerprint })
}

/// The commands that bring a new order as far as the other system had it.
fn commands_of(sale: &ImportedSale) -> Result<Vec<Command>, ServiceError> {
    let content = &sale.content;
    let totals = Totals::of(content.currency, &content.lines, &content.adjustments)
        .map_err(crate::Rejection::from)?;
    let person = (sale.person != Person::default()).then(|| Box::new(sale.person.clone()));
    let mut commands = vec![Command::Place { content: Some(content.clone().into()), person }];
    let far = match sale.status {
        Status::Pending => 0,
        Status::Confirmed => 1,
        Status::Shipped => 2,
        Status::Delivered => 3,
        Status::Completed => 4,
        Status::Cancelled => {
            commands.push(Command::Cancel { reason: None });
            return Ok(commands);
        }
        status => {
            let detail = format!("an order cannot be imported as {status}");
            return Err(ServiceError::invalid("/status", "import.status", detail));
        }
    };
    let all = [
        Command::Confirm,
        Command::Ship(Shipping::default()),
        Command::Deliver { shipment_id: None },
        Command::Complete,
    ];
    commands.extend(all.into_iter().take(far));
    if totals.total.is_positive() && (sale.paid || far == 4) {
        let method = Some(Label::fixed("imported"));
        let capture = Command::Capture { id: None, amount: None, method, reference: None };
        commands.insert(far.min(1) + 1, capture);
    }
    Ok(commands)
}
