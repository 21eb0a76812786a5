//! What is done to an order as a whole.

use order_core::{Command, NoteId};

use super::{Answer, render};
use crate::{
    error::ApiError,
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

async fn cancel(call: Call, Payload(Cancel { items, reason }): Payload<Cancel>) -> Answer {
    let command = match call.lines(items).await? {
        None => Command::Cancel { reason },
        Some(items) => Command::CancelItems { items, reason },
    };
    call.execute(command).await
}

async fn note(call: Call, Payload(Remark(text)): Payload<Remark>) -> Answer {
    let meta = call.meta().await?;
    let dry_run = meta.dry_run;
    // A repeat with the same key must be the same request, so its note has the same id.
    let id = match &meta.key {
        Some(key) => NoteId::of_uuid(uuid_of(call.reference(), key.as_str())),
        None => NoteId::of_uuid(uuid::Uuid::now_v7()),
    };
    let command = Command::Note { id, text };
    let receipt = call.orders.execute(&call.who, call.reference(), command, meta).await;
    Ok(render::receipt(&receipt.map_err(ApiError::from)?, dry_run))
}

/// A UUID (version 8) that two texts always give.
fn uuid_of(first: &str, second: &str) -> uuid::Uuid {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let bytes = first.bytes().chain([0]).chain(second.bytes());
    let hash = bytes.fold(OFFSET_BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    uuid::Builder::from_custom_bytes(hash.to_be_bytes()).into_uuid()
}
