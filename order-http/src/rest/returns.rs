//! What comes back.

use order_core::Command;

use super::Answer;
use crate::{
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{ReasonRequest, Receive, ReceiveRequest, ReturnRequest, SendBack, Why},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "returns", summary).command().answers_order();
    routes
        .post(
            "/orders/{id}/returns",
            request,
            doc("requestReturn", "Ask to send units back").takes::<ReturnRequest>(false),
        )
        .post(
            "/orders/{id}/returns/{returnId}/receive",
            receive,
            doc("receiveReturn", "Record that units came back").takes::<ReceiveRequest>(false),
        )
        .post(
            "/orders/{id}/returns/{returnId}/reject",
            reject,
            doc("rejectReturn", "Refuse what has not come back").takes::<ReasonRequest>(false),
        )
}

async fn request(call: Call, Payload(back): Payload<SendBack>) -> Answer {
    call.execute(back.command(&call).await?).await
}

async fn receive(call: Call, Payload(receive): Payload<Receive>) -> Answer {
    call.execute_on_part(receive.command(&call).await?).await
}

async fn reject(call: Call, Payload(Why(reason)): Payload<Why>) -> Answer {
    let id = Some(call.part("returnId", "return")?);
    call.execute_on_part(Command::RejectReturn { id, reason }).await
}
