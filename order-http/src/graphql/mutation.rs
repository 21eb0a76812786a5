//! What can be done.

use async_graphql::{Context, ID, Object, SimpleObject};
use order_core::{
    Command, NewOrder, NewProduct, ProductChange, Reason, Steering, ports::OrderView,
};

use super::{
    caller::Caller,
    event::OrderEvent,
    input::{
        CancelInput, CaptureInput, CommandOptions, OrderStatusInput, PaymentInput, PlaceOrderInput,
        ProductInput, ReceiveInput, RefundInput, ReturnInput, ShipInput, UpdateOrderInput,
        UpdateProductInput,
    },
    order::Order,
    product::Product,
    query::{checked, product_id},
    scalar::Long,
};
use crate::{
    body::EventBody,
    error::ApiError,
    extract::{Call, Done, reread},
    request::{
        Cancel, Capture, Pay, Receive, Refund, Remark, SendBack, Ship, StatusChange, Update,
    },
    rest::status::{Brought, bring},
};

/// What a mutation costs besides what is asked of its answer.
const COST: usize = 100;

/// What a command did, or with `dryRun` would do.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderReceipt {
    /// The order after it.
    order: Order,
    /// What happened.
    events: Vec<OrderEvent>,
    /// Whether this is the answer of an earlier request with the same key.
    replayed: bool,
    /// Whether nothing was written.
    dry_run: bool,
}

impl From<Done> for OrderReceipt {
    fn from(Done { receipt, dry_run }: Done) -> Self {
        let order_id = receipt.order.id().clone();
        let events = receipt.events.into_iter();
        let events = events.map(|recorded| OrderEvent::new(&order_id, EventBody::from(recorded)));
        Self {
            events: events.collect(),
            order: Order(OrderView { order: receipt.order, person: receipt.person }),
            replayed: receipt.replayed,
            dry_run,
        }
    }
}

impl From<Brought> for OrderReceipt {
    fn from(brought: Brought) -> Self {
        match brought {
            Brought::Done(done) => done.into(),
            Brought::There(view) => {
                let (events, replayed, dry_run) = (Vec::new(), false, false);
                Self { order: Order(view), events, replayed, dry_run }
            }
        }
    }
}

/// What every mutation of an order gives: null beside an error, and the others are answered all the same.
type Receipt = Option<Result<OrderReceipt, ApiError>>;

fn why(reason: Option<&str>) -> Result<Option<Reason>, ApiError> {
    reason.map(|text| checked(text.trim(), "/reason")).transpose()
}

/// Carries out a command on the order of a call.
async fn run(call: &Call, command: Command) -> Result<OrderReceipt, ApiError> {
    let meta = call.meta().await?;
    Ok(call.run(command, meta).await?.into())
}

/// What can be done.
#[derive(Debug)]
pub(super) struct Mutation;

#[Object]
impl Mutation {
    /// Places an order, or drafts one.
    #[graphql(complexity = "COST + child_complexity")]
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        input: PlaceOrderInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_with(ctx, options).await?;
            let (order, meta) = (reread::<NewOrder>(&input)?, call.meta().await?);
            let dry_run = meta.dry_run;
            let receipt = call.orders.place(&call.who, order, meta).await?;
            Ok(Done { receipt, dry_run }.into())
        };
        Some(answer.await)
    }

    /// Changes what an order is about.
    #[graphql(complexity = "COST + child_complexity")]
    async fn update_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateOrderInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let revision = reread::<Update>(&input)?.revision.unwrap_or_default();
            let meta = call.meta().await?;
            let dry_run = meta.dry_run;
            let receipt = call.orders.revise(&call.who, &id, revision, meta).await?;
            Ok(Done { receipt, dry_run }.into())
        };
        Some(answer.await)
    }

    /// Brings an order to a status: the action that leads there is taken. The status that it has already
    /// changes nothing.
    #[graphql(complexity = "COST + child_complexity")]
    async fn set_order_status(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: OrderStatusInput,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(bring(&call, reread::<StatusChange>(&input)?).await?.into())
        };
        Some(answer.await)
    }

    /// Places a drafted order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn place_draft(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Place { content: None, person: None }).await
        };
        Some(answer.await)
    }

    /// Accepts a placed order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn confirm_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Confirm).await
        };
        Some(answer.await)
    }

    /// Begins to pick and pack.
    #[graphql(complexity = "COST + child_complexity")]
    async fn process_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Process).await
        };
        Some(answer.await)
    }

    /// Closes an order.
    #[graphql(complexity = "COST + child_complexity")]
    async fn complete_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Complete).await
        };
        Some(answer.await)
    }

    /// Puts an order away.
    #[graphql(complexity = "COST + child_complexity")]
    async fn archive_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Archive).await
        };
        Some(answer.await)
    }

    /// Takes an order out of the archive.
    #[graphql(complexity = "COST + child_complexity")]
    async fn unarchive_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Unarchive).await
        };
        Some(answer.await)
    }

    /// Stops an order from going on.
    #[graphql(complexity = "COST + child_complexity")]
    async fn hold_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        reason: Option<String>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Hold { reason: why(reason.as_deref())? }).await
        };
        Some(answer.await)
    }

    /// Lets a held order go on.
    #[graphql(complexity = "COST + child_complexity")]
    async fn release_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, Command::Release).await
        };
        Some(answer.await)
    }

    /// Calls off an order, or units of it.
    #[graphql(complexity = "COST + child_complexity")]
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<CancelInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Cancel>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Writes a note.
    #[graphql(complexity = "COST + child_complexity")]
    async fn note_on_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        text: String,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let meta = call.meta().await?;
            let command = Remark::new(text).command(&call, meta.key.as_ref());
            Ok(call.run(command, meta).await?.into())
        };
        Some(answer.await)
    }

    /// Lets the process of an order go on, also if it stands still.
    #[graphql(complexity = "COST + child_complexity")]
    async fn retry_process(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(call.steer(Steering::Retry).await?.into())
        };
        Some(answer.await)
    }

    /// Takes an order over: nothing more happens to it by itself.
    #[graphql(complexity = "COST + child_complexity")]
    async fn resolve_process(
        &self,
        ctx: &Context<'_>,
        id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            Ok(call.steer(Steering::Resolve).await?.into())
        };
        Some(answer.await)
    }

    /// Records a payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn record_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<PaymentInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Pay>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Captures an authorized payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn capture_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        payment_id: ID,
        input: Option<CaptureInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("paymentId", payment_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let capture = reread::<Capture>(&input.unwrap_or_default())?;
            Ok(call.run_on_part(capture.command(&call).await?).await?.into())
        };
        Some(answer.await)
    }

    /// Gives up what is open of a payment.
    #[graphql(complexity = "COST + child_complexity")]
    async fn void_payment(
        &self,
        ctx: &Context<'_>,
        id: ID,
        payment_id: ID,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("paymentId", payment_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let id = Some(call.part("paymentId", "payment")?);
            Ok(call.run_on_part(Command::Void { id }).await?.into())
        };
        Some(answer.await)
    }

    /// Gives money back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn refund_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<RefundInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Refund>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Hands a parcel over to a carrier.
    #[graphql(complexity = "COST + child_complexity")]
    async fn ship_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<ShipInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<Ship>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Records that parcels arrived: one, or every one on its way.
    #[graphql(complexity = "COST + child_complexity")]
    async fn deliver_order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        shipment_id: Option<ID>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            let shipment_id = shipment_id.map(|id| checked(&id, "/shipmentId")).transpose()?;
            run(&call, Command::Deliver { shipment_id }).await
        };
        Some(answer.await)
    }

    /// Asks to send units back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn request_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: Option<ReturnInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let call = Caller::call_on(ctx, &id, options).await?;
            run(&call, reread::<SendBack>(&input.unwrap_or_default())?.command(&call).await?).await
        };
        Some(answer.await)
    }

    /// Records that units came back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn receive_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        return_id: ID,
        input: Option<ReceiveInput>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("returnId", return_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let receive = reread::<Receive>(&input.unwrap_or_default())?;
            Ok(call.run_on_part(receive.command(&call).await?).await?.into())
        };
        Some(answer.await)
    }

    /// Refuses what has not come back.
    #[graphql(complexity = "COST + child_complexity")]
    async fn reject_return(
        &self,
        ctx: &Context<'_>,
        id: ID,
        return_id: ID,
        reason: Option<String>,
        options: Option<CommandOptions>,
    ) -> Receipt {
        let answer = async {
            let part = ("returnId", return_id.as_str());
            let call = Caller::call_on_part(ctx, &id, part, options).await?;
            let id = Some(call.part("returnId", "return")?);
            let reason = why(reason.as_deref())?;
            Ok(call.run_on_part(Command::RejectReturn { id, reason }).await?.into())
        };
        Some(answer.await)
    }

    /// Adds a product.
    #[graphql(complexity = "COST + child_complexity")]
    async fn add_product(
        &self,
        ctx: &Context<'_>,
        input: ProductInput,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product = reread::<NewProduct>(&input)?;
            Ok(call.orders.add_product(&call.who, product).await?.into())
        };
        Some(answer.await)
    }

    /// Changes a product.
    #[graphql(complexity = "COST + child_complexity")]
    async fn update_product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateProductInput,
        expected_version: Option<u64>,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let (id, change) = (product_id(&id)?, reread::<ProductChange>(&input)?);
            let product =
                call.orders.change_product(&call.who, &id, change, expected_version).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }

    /// Removes a product from the catalogue. Orders keep their lines.
    #[graphql(complexity = "COST + child_complexity")]
    async fn remove_product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        expected_version: Option<u64>,
    ) -> Option<Result<ID, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            call.orders.remove_product(&call.who, &product_id(&id)?, expected_version).await?;
            Ok(id)
        };
        Some(answer.await)
    }

    /// Adds to a product's stock, or with a minus takes from it.
    #[graphql(complexity = "COST + child_complexity")]
    async fn change_stock(
        &self,
        ctx: &Context<'_>,
        id: ID,
        quantity: Long,
    ) -> Option<Result<Product, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            let product =
                call.orders.change_stock(&call.who, &product_id(&id)?, quantity.0).await?;
            Ok(product.into())
        };
        Some(answer.await)
    }
}
