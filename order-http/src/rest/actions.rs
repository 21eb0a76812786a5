//! What is done to an order as a whole.

use order_core::Command;

use super::Answer;
use crate::{
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{
        Cancel, CancelRequest, EmptyRequest, NoteRequest, Nothing, ReasonRequest, Remark, Why,
    },
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "actions", summary).command().answers_order();
    let plain = |id, summary| doc(id, summary).takes::<EmptyRequest>(false);
    routes
        .post("/orders/{id}/place", place, plain("placeDraft", "Place a drafted order"))
        .post("/orders/{id}/confirm", confirm, plain("confirmOrder", "Accept a placed order"))
        .post("/orders/{id}/process", process, plain("processOrder", "Begin to pick and pack"))
        .post("/orders/{id}/complete", complete, plain("completeOrder", "Close an order"))
        .post("/orders/{id}/archive", archive, plain("archiveOrder", "Put an order away"))
        .post(
            "/orders/{id}/unarchive",
            unarchive,
            plain("unarchiveOrder", "Take an order out of the archive"),
        )
        .post(
            "/orders/{id}/hold",
            hold,
            doc("holdOrder", "Stop an order from going on").takes::<ReasonRequest>(false),
        )
        .post("/orders/{id}/release", release, plain("releaseOrder", "Let a held order go on"))
        .post(
            "/orders/{id}/cancel",
            cancel,
            doc("cancelOrder", "Call off an order, or units of it").takes::<CancelRequest>(false),
        )
        .post(
            "/orders/{id}/notes",
            note,
            doc("noteOnOrder", "Write a note").takes::<NoteRequest>(true),
        )
}

async fn place(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Place { content: None, person: None }).await
}

async fn confirm(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Confirm).await
}

async fn process(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Process).await
}

async fn complete(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Complete).await
}

async fn archive(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Archive).await
}

async fn unarchive(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Unarchive).await
}

async fn hold(call: Call, Payload(Why(reason)): Payload<Why>) -> Answer {
    call.execute(Command::Hold { reason }).await
}

async fn release(call: Call, _: Payload<Nothing>) -> Answer {
    call.execute(Command::Release).await
}

async fn cancel(call: Call, Payload(cancel): Payload<Cancel>) -> Answer {
    call.execute(cancel.command(&call).await?).await
}

async fn note(call: Call, Payload(remark): Payload<Remark>) -> Answer {
    let meta = call.meta().await?;
    let command = remark.command(&call, meta.key.as_ref());
    Ok(call.run(command, meta).await?.render())
}
