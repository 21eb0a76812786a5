//! Money in and out.

use order_core::Command;

use super::Answer;
use crate::{
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{
        Capture, CaptureRequest, EmptyRequest, Nothing, Pay, PayState, PaymentRequest, Refund,
        RefundRequest,
    },
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "payments", summary).command().answers_order();
    routes
        .post(
            "/orders/{id}/payments",
            pay,
            doc("recordPayment", "Record a payment").takes::<PaymentRequest>(false),
        )
        .post(
            "/orders/{id}/payments/{paymentId}/capture",
            capture,
            doc("capturePayment", "Capture an authorized payment").takes::<CaptureRequest>(false),
        )
        .post(
            "/orders/{id}/payments/{paymentId}/void",
            void,
            doc("voidPayment", "Give up what is open of a payment").takes::<EmptyRequest>(false),
        )
        .post(
            "/orders/{id}/refunds",
            refund,
            doc("refundOrder", "Give money back").takes::<RefundRequest>(false),
        )
}

async fn pay(call: Call, Payload(pay): Payload<Pay>) -> Answer {
    let Pay { id, state, amount, method, reference, reason } = pay;
    let amount = call.money(amount).await?;
    let command = match state {
        PayState::Captured => Command::Capture { id, amount, method, reference },
        PayState::Authorized => Command::Authorize { id, amount, method, reference },
        PayState::Failed => Command::FailPayment { id, method, reason },
    };
    call.execute(command).await
}

async fn capture(call: Call, Payload(Capture(amount)): Payload<Capture>) -> Answer {
    let id = call.part("paymentId", "payment")?;
    // A capture of a payment that is not there would begin one.
    call.require_payment(&id).await?;
    let (id, amount) = (Some(id), call.money(amount).await?);
    call.execute_on_part(Command::Capture { id, amount, method: None, reference: None }).await
}

async fn void(call: Call, _: Payload<Nothing>) -> Answer {
    let id = Some(call.part("paymentId", "payment")?);
    call.execute_on_part(Command::Void { id }).await
}

async fn refund(call: Call, Payload(refund): Payload<Refund>) -> Answer {
    let Refund { id, payment_id, amount, items, return_id, reason } = refund;
    let amount = call.money(amount).await?;
    let items = call.lines(items).await?;
    call.execute(Command::Refund { id, payment_id, amount, items, return_id, reason }).await
}
