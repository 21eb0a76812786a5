//! Folds what happened to the process: holds at an inventory, standing still and going on.

use super::Applied;
use crate::order::{
    event::{OrderEvent, Recorded},
    process::{Attention, HoldAsked, Process},
    state::Order,
};

pub(super) fn apply(order: &mut Order, recorded: &Recorded) -> Applied {
    let at = recorded.at;
    let process = order.process_mut();
    match &recorded.event {
        OrderEvent::StockHoldRequested { units } => {
            let version = recorded.id.version;
            let asked = HoldAsked { version, units: units.clone(), at };
            if process.hold_asked.replace(asked).is_some() {
                return Err("an inventory is asked again before it answered");
            }
            process.short = None;
        }
        OrderEvent::StockHeld {} => {
            let asked = process.hold_asked.take().ok_or("a hold that nobody asked for")?;
            process.held = asked.units;
        }
        OrderEvent::StockHoldRefused { reason } => {
            process.hold_asked.take().ok_or("a hold that nobody asked for")?;
            let unknown = || crate::Reason::fixed("not enough stock");
            process.short = Some(reason.clone().unwrap_or_else(unknown));
        }
        OrderEvent::ProcessStalled { code, detail } => {
            let (code, detail) = (code.clone(), detail.clone());
            process.attention = Some(Attention { code, detail, since: at });
        }
        OrderEvent::ProcessResumed {} => {
            process.attention = None;
            process.closed = false;
            process.short = None;
        }
        OrderEvent::ProcessClosed {} => {
            let Process { plan, pay_with, held, .. } = std::mem::take(process);
            *process = Process { plan, pay_with, held, closed: true, ..Process::default() };
        }
        _ => return Err("not a step of the process"),
    }
    order.settle_process();
    Ok(false)
}
