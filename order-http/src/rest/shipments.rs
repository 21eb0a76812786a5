//! Parcels.

use order_core::Command;

use super::Answer;
use crate::{
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{Deliver, DeliverRequest, EmptyRequest, Nothing, Ship, ShipRequest},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "shipments", summary).command().answers_order();
    routes
        .post(
            "/orders/{id}/shipments",
            ship,
            doc("shipOrder", "Hand a parcel over to a carrier").takes::<ShipRequest>(false),
        )
        .post(
            "/orders/{id}/shipments/{shipmentId}/deliver",
            deliver_one,
            doc("deliverShipment", "Record that a parcel arrived").takes::<EmptyRequest>(false),
        )
        .post(
            "/orders/{id}/deliver",
            deliver,
            doc("deliverOrder", "Record that parcels arrived").takes::<DeliverRequest>(false),
        )
}

async fn ship(call: Call, Payload(ship): Payload<Ship>) -> Answer {
    call.execute(ship.command(&call).await?).await
}

async fn deliver_one(call: Call, _: Payload<Nothing>) -> Answer {
    let shipment_id = Some(call.part("shipmentId", "shipment")?);
    call.execute_on_part(Command::Deliver { shipment_id }).await
}

async fn deliver(call: Call, Payload(Deliver(shipment_id)): Payload<Deliver>) -> Answer {
    call.execute(Command::Deliver { shipment_id }).await
}
