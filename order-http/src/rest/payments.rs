//! Money in and out.

use order_core::Command;

use super::Answer;
use crate::{
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{
        Capture, CaptureRequest, EmptyRequest, Nothing, Pay, PaymentRequest, Refund, RefundRequest,
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
    call.execute(pay.command(&call).await?).await
}

async fn capture(call: Call, Payload(capture): Payload<Capture>) -> Answer {
    call.execute_on_part(capture.command(&call).await?).await
}

async fn void(call: Call, _: Payload<Nothing>) -> Answer {
    let id = Some(call.part("paymentId", "payment")?);
    call.execute_on_part(Command::Void { id }).await
}

async fn refund(call: Call, Payload(refund): Payload<Refund>) -> Answer {
    call.execute(refund.command(&call).await?).await
}
