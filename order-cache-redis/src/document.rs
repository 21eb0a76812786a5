//! An order as it is kept: what it is, and the stamp under which the store gave it.

use std::{io, sync::Arc};

use order_core::{
    Order, PersonalData,
    ports::{OrderView, Stamp},
};
use serde::{Deserialize, Serialize};

/// An order that was once right.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) stamp: Stamp,
    pub(crate) view: OrderView,
}

#[derive(Serialize)]
struct Written<'a> {
    stamp: &'a Stamp,
    order: &'a Order,
    person: &'a PersonalData,
}

#[derive(Deserialize)]
struct Read {
    stamp: Stamp,
    order: Arc<Order>,
    person: Arc<PersonalData>,
}

impl Kept {
    fn written(&self) -> Written<'_> {
        Written { stamp: &self.stamp, order: &self.view.order, person: &self.view.person }
    }

    /// As a document.
    pub(crate) fn write(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.written())
    }

    /// From a document; none if it is none of ours, or not of the order and version that its stamp says.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let Read { stamp, order, person } = serde_json::from_slice(bytes).ok()?;
        let fits = *order.id() == stamp.order_id && order.version() == stamp.version;
        fits.then_some(Self { stamp, view: OrderView { order, person } })
    }

    /// How many bytes it has as a document.
    pub(crate) fn document_bytes(&self) -> usize {
        let mut size = Size(0);
        // Counting cannot fail; what cannot be written is kept as if it were small.
        let _ = serde_json::to_writer(&mut size, &self.written());
        size.0
    }
}

/// Counts what is written to it.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
