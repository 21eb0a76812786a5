//! Orders: place, read, list and watch them, and carry out every action.

use std::sync::Arc;

use order_core::{
    Command, FeedQuery, LineQuantity, Money, NoteId, Orders, PaymentId, Principal, Rejection,
    Shipping, ports::OrderPage,
};
use tonic::{Request, Response, Status, metadata::MetadataMap};
use uuid::Uuid;

use crate::{
    answer,
    cursor::order_cursor,
    metadata::{caller, caller_of, meta},
    picks,
    proto::{self, OrderChange, order_service_server::OrderService},
    reading::Reading,
    request,
    status::status,
    streams::{Answers, Pass, Streams},
};

/// The methods of orders.
#[derive(Debug)]
pub(crate) struct OrderMethods {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) streams: Arc<Streams>,
}

type Changed = Result<Response<OrderChange>, Status>;

/// A call of an action: who asks, beside which metadata, about which order.
struct Action<'c> {
    orders: &'c dyn Orders,
    who: Principal,
    metadata: &'c MetadataMap,
    order: &'c str,
    dry_run: bool,
}

impl Action<'_> {
    async fn run(&self, command: Command) -> Changed {
        let meta = meta(self.metadata, self.dry_run)?;
        match self.orders.execute(&self.who, self.order, command, meta).await {
            Ok(receipt) => Ok(Response::new(answer::change(receipt, self.dry_run))),
            Err(error) => Err(status(&error)),
        }
    }

    async fn lines(&self, picks: &[proto::Pick]) -> Result<Option<Vec<LineQuantity>>, Status> {
        picks::lines(self.orders, &self.who, self.order, picks).await
    }

    /// Makes sure that the order has a payment.
    async fn require_payment(&self, id: &PaymentId) -> Result<(), Status> {
        let view = self.orders.order(&self.who, self.order, None).await;
        let view = view.map_err(|error| status(&error))?;
        if view.order.payments().iter().any(|payment| payment.id == *id) {
            return Ok(());
        }
        let missing = Rejection::NoSuch { what: "payment", id: id.shared() };
        Err(status(&missing.into()))
    }

    /// An amount in the order's currency.
    async fn money(&self, amount: Option<&String>) -> Result<Option<Money>, Status> {
        let Some(text) = amount else { return Ok(None) };
        let view = self.orders.order(&self.who, self.order, None).await;
        let currency = view.map_err(|error| status(&error))?.order.currency();
        let mut reading = Reading::default();
        let money = Money::parse(text, currency);
        let money = money.map_err(|error| reading.fault("amount", error.code(), error)).ok();
        reading.finish(money).map(Some)
    }
}

impl OrderMethods {
    async fn plain(&self, request: &Request<proto::OrderRequest>, command: Command) -> Changed {
        let asked = request.get_ref();
        self.action(request, &asked.order, asked.dry_run).await?.run(command).await
    }

    async fn action<'c, T: Sync>(
        &'c self,
        request: &'c Request<T>,
        order: &'c str,
        dry_run: bool,
    ) -> Result<Action<'c>, Status> {
        let orders = &*self.orders;
        let who = caller_of(request, orders, order).await?;
        Ok(Action { orders, who, metadata: request.metadata(), order, dry_run })
    }
}

fn refused<T>(field: &str, code: &str, rule: &str) -> Result<T, Status> {
    let mut reading = Reading::default();
    reading.fault(field, code, rule);
    reading.finish(None)
}

/// A UUID (version 8) that two texts always give.
fn uuid_of(first: &str, second: &str) -> Uuid {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let bytes = first.bytes().chain([0]).chain(second.bytes());
    let hash = bytes.fold(OFFSET_BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}

/// Reads what may be absent of a message, and refuses the message if something is amiss.
fn read<T>(from: impl FnOnce(&mut Reading) -> T) -> Result<T, Status> {
    let mut reading = Reading::default();
    let read = from(&mut reading);
    reading.finish(Some(read))
}

#[tonic::async_trait]
impl OrderService for OrderMethods {
    type StreamOrdersStream = Answers<proto::ListOrdersResponse>;
    type WatchEventsStream = Answers<proto::FeedEvent>;

    async fn place_order(&self, request: Request<proto::PlaceOrderRequest>) -> Changed {
        let who = caller(&request)?;
        let dry_run = request.get_ref().dry_run;
        let meta = meta(request.metadata(), dry_run)?;
        let order = read(|reading| request::new_order(reading, request.get_ref()))?;
        match self.orders.place(&who, order, meta).await {
            Ok(receipt) => Ok(Response::new(answer::change(receipt, dry_run))),
            Err(error) => Err(status(&error)),
        }
    }

    async fn get_order(
        &self,
        request: Request<proto::GetOrderRequest>,
    ) -> Result<Response<proto::Order>, Status> {
        let who = caller(&request)?;
        let proto::GetOrderRequest { order, version } = request.get_ref();
        match self.orders.order(&who, order, *version).await {
            Ok(view) => Ok(Response::new(answer::view(&view))),
            Err(error) => Err(status(&error)),
        }
    }

    async fn list_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Result<Response<proto::ListOrdersResponse>, Status> {
        let who = caller(&request)?;
        let mut reading = Reading::default();
        let query = request::order_query(&mut reading, request.get_ref());
        let query = reading.finish(query)?;
        let sort = query.sort;
        let page = self.orders.list(&who, query).await;
        let OrderPage { orders, next } = page.map_err(|error| status(&error))?;
        let next_cursor = next.map(|cursor| order_cursor(sort, &cursor));
        let orders = orders.iter().map(answer::view).collect();
        Ok(Response::new(proto::ListOrdersResponse { orders, next_cursor }))
    }

    async fn stream_orders(
        &self,
        request: Request<proto::ListOrdersRequest>,
    ) -> Result<Response<Self::StreamOrdersStream>, Status> {
        let who = caller(&request)?;
        let mut reading = Reading::default();
        let query = request::order_query(&mut reading, request.get_ref());
        let query = reading.finish(query)?;
        let listener = self.streams.begin(who, request.extensions().get::<Pass>().cloned())?;
        Ok(Response::new(listener.pages(query)))
    }

    async fn update_order(&self, request: Request<proto::UpdateOrderRequest>) -> Changed {
        let asked = request.get_ref();
        let who = caller_of(&request, &*self.orders, &asked.order).await?;
        let meta = meta(request.metadata(), asked.dry_run)?;
        let revision = read(|reading| request::revision(reading, asked))?;
        match self.orders.revise(&who, &asked.order, revision, meta).await {
            Ok(receipt) => Ok(Response::new(answer::change(receipt, asked.dry_run))),
            Err(error) => Err(status(&error)),
        }
    }

    async fn get_order_history(
        &self,
        request: Request<proto::GetOrderHistoryRequest>,
    ) -> Result<Response<proto::OrderHistory>, Status> {
        let who = caller(&request)?;
        match self.orders.history(&who, &request.get_ref().order).await {
            Ok(events) => {
                let events = events.into_iter().map(answer::event).collect();
                Ok(Response::new(proto::OrderHistory { events }))
            }
            Err(error) => Err(status(&error)),
        }
    }

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let who = caller(&request)?;
        let asked = request.get_ref();
        let customer_id =
            read(|reading| reading.any_id("customer_id", asked.customer_id.as_ref()))?;
        let after = match asked.after {
            Some(after) => after,
            None => self.orders.feed_end().await.map_err(|error| status(&error))?,
        };
        let (order, kinds) = (asked.order.clone(), asked.types.clone());
        let query = FeedQuery { after, until: None, limit: 1, order, customer_id, kinds };
        // What cannot be read is said before the stream begins.
        let probe = FeedQuery { until: Some(0), ..query.clone() };
        self.orders.feed(&who, probe).await.map_err(|error| status(&error))?;
        let listener = self.streams.begin(who, request.extensions().get::<Pass>().cloned())?;
        Ok(Response::new(listener.events(query)))
    }

    async fn place_draft(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Place { content: None, person: None }).await
    }

    async fn confirm_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Confirm).await
    }

    async fn process_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Process).await
    }

    async fn release_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Release).await
    }

    async fn complete_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Complete).await
    }

    async fn archive_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Archive).await
    }

    async fn unarchive_order(&self, request: Request<proto::OrderRequest>) -> Changed {
        self.plain(&request, Command::Unarchive).await
    }

    async fn hold_order(&self, request: Request<proto::ReasonRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let reason = read(|reading| reading.any_typed("reason", asked.reason.as_ref()))?;
        action.run(Command::Hold { reason }).await
    }

    async fn cancel_order(&self, request: Request<proto::CancelOrderRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let reason = read(|reading| reading.any_typed("reason", asked.reason.as_ref()))?;
        let command = match action.lines(&asked.items).await? {
            None => Command::Cancel { reason },
            Some(items) => Command::CancelItems { items, reason },
        };
        action.run(command).await
    }

    async fn ship_order(&self, request: Request<proto::ShipOrderRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let shipping = read(|reading| Shipping {
            id: reading.any_id("id", asked.id.as_ref()),
            items: None,
            carrier: reading.any_typed("carrier", asked.carrier.as_ref()),
            tracking_number: reading.any_typed("tracking_number", asked.tracking_number.as_ref()),
        })?;
        let items = action.lines(&asked.items).await?;
        action.run(Command::Ship(Shipping { items, ..shipping })).await
    }

    async fn deliver_order(&self, request: Request<proto::DeliverOrderRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let shipment_id =
            read(|reading| reading.any_id("shipment_id", asked.shipment_id.as_ref()))?;
        action.run(Command::Deliver { shipment_id }).await
    }

    async fn record_payment(&self, request: Request<proto::RecordPaymentRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let (id, method, reference, reason) = read(|reading| {
            (
                reading.any_id("id", asked.id.as_ref()),
                reading.any_typed("method", asked.method.as_ref()),
                reading.any_typed("reference", asked.reference.as_ref()),
                reading.any_typed("reason", asked.reason.as_ref()),
            )
        })?;
        let amount = action.money(asked.amount.as_ref()).await?;
        let command = match asked.state.as_deref() {
            None | Some("captured") => Command::Capture { id, amount, method, reference },
            Some("authorized") => Command::Authorize { id, amount, method, reference },
            Some("failed") => Command::FailPayment { id, method, reason },
            Some(_) => {
                let rule = "this must be authorized, captured or failed";
                return refused("state", "request.word", rule);
            }
        };
        action.run(command).await
    }

    async fn capture_payment(&self, request: Request<proto::CapturePaymentRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let mut reading = Reading::default();
        let id = reading.id("payment_id", &asked.payment_id);
        let id = reading.finish(id)?;
        // A capture of a payment that is not there would begin one.
        action.require_payment(&id).await?;
        let amount = action.money(asked.amount.as_ref()).await?;
        let (method, reference) = (None, None);
        action.run(Command::Capture { id: Some(id), amount, method, reference }).await
    }

    async fn void_payment(&self, request: Request<proto::VoidPaymentRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let id = read(|reading| reading.any_id("payment_id", asked.payment_id.as_ref()))?;
        action.run(Command::Void { id }).await
    }

    async fn refund_order(&self, request: Request<proto::RefundOrderRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let (id, payment_id, return_id, reason) = read(|reading| {
            (
                reading.any_id("id", asked.id.as_ref()),
                reading.any_id("payment_id", asked.payment_id.as_ref()),
                reading.any_id("return_id", asked.return_id.as_ref()),
                reading.any_typed("reason", asked.reason.as_ref()),
            )
        })?;
        let amount = action.money(asked.amount.as_ref()).await?;
        let items = action.lines(&asked.items).await?;
        action.run(Command::Refund { id, payment_id, amount, items, return_id, reason }).await
    }

    async fn request_return(&self, request: Request<proto::RequestReturnRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let (id, reason) = read(|reading| {
            let id = reading.any_id("id", asked.id.as_ref());
            (id, reading.any_typed("reason", asked.reason.as_ref()))
        })?;
        let items = action.lines(&asked.items).await?;
        action.run(Command::RequestReturn { id, items, reason }).await
    }

    async fn receive_return(&self, request: Request<proto::ReceiveReturnRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let id = read(|reading| reading.any_id("return_id", asked.return_id.as_ref()))?;
        let items = action.lines(&asked.items).await?;
        action.run(Command::ReceiveReturn { id, items, restock: asked.restock }).await
    }

    async fn reject_return(&self, request: Request<proto::RejectReturnRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        let (id, reason) = read(|reading| {
            let id = reading.any_id("return_id", asked.return_id.as_ref());
            (id, reading.any_typed("reason", asked.reason.as_ref()))
        })?;
        action.run(Command::RejectReturn { id, reason }).await
    }

    async fn add_note(&self, request: Request<proto::AddNoteRequest>) -> Changed {
        let asked = request.get_ref();
        let action = self.action(&request, &asked.order, asked.dry_run).await?;
        // A repeat with the same key must be the same request, so its note has the same id.
        let id = match meta(request.metadata(), asked.dry_run)?.key {
            Some(key) => NoteId::of_uuid(uuid_of(&asked.order, key.as_str())),
            None => NoteId::of_uuid(Uuid::now_v7()),
        };
        action.run(Command::Note { id, text: asked.text.clone() }).await
    }
}
