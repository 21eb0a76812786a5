//! Made-up products.

use order_core::{Category, Currency, Money, Name, ProductId};
use serde::Serialize;

use super::random::Random;
use crate::error::Done;

/// The seed of prices and stocks, which no order depends on.
const SEED: u64 = 0;

/// A kind of thing: its category, a code for it, the lowest and the highest price, and what there is.
type Kind = (&'static str, &'static str, u64, u64, [&'static str; 6]);

const KINDS: [Kind; 8] = [
    ("kitchen", "KIT", 4, 60, ["mug", "bowl", "teapot", "pan", "knife", "chopping board"]),
    (
        "tea and coffee",
        "TEA",
        3,
        25,
        ["black tea", "green tea", "espresso", "cocoa", "chai", "mate"],
    ),
    (
        "stationery",
        "STA",
        2,
        30,
        ["notebook", "pencil case", "fountain pen", "folder", "ink", "ruler"],
    ),
    (
        "garden",
        "GAR",
        5,
        120,
        ["trowel", "watering can", "planter", "lantern", "hammock", "bird house"],
    ),
    ("clothing", "CLO", 8, 150, ["scarf", "jumper", "raincoat", "socks", "cap", "belt"]),
    (
        "toys",
        "TOY",
        5,
        80,
        ["kite", "puzzle", "train set", "spinning top", "rag doll", "card game"],
    ),
    (
        "lighting",
        "LIG",
        12,
        250,
        ["desk lamp", "floor lamp", "night light", "candle", "torch", "shade"],
    ),
    (
        "travel",
        "TRA",
        9,
        220,
        ["rucksack", "suitcase", "wallet", "umbrella", "flask", "neck pillow"],
    ),
];

const LOOKS: [&str; 16] = [
    "Blue", "Red", "Green", "White", "Black", "Yellow", "Striped", "Spotted", "Vintage", "Small",
    "Large", "Nordic", "Classic", "Folding", "Handmade", "Everyday",
];

/// What prices end in, in minor units.
const ENDINGS: [u64; 4] = [0, 50, 95, 99];
const STOCK_MAX: u64 = 500;

/// A product, as it is put into the catalogue.
#[derive(Debug, Serialize)]
pub(super) struct Ware {
    pub(super) id: ProductId,
    pub(super) name: Name,
    pub(super) price: String,
    pub(super) currency: Currency,
    category: Category,
    stock: u64,
    #[serde(skip)]
    pub(super) unit_price: Money,
}

impl Ware {
    /// The product with this index, the same whatever else is made up.
    pub(super) fn of(index: u32, currency: Currency) -> Done<Self> {
        let mut random = Random::of(SEED, index.into());
        let number = index as usize;
        let (category, code, low, high, things) = &KINDS[number % KINDS.len()];
        let number = number / KINDS.len();
        let thing = things[number % things.len()];
        let round = number / things.len();
        // Beginning with another look for each thing.
        let look = LOOKS[(round + number) % LOOKS.len()];
        let name = match round / LOOKS.len() {
            0 => format!("{look} {thing}"),
            model => format!("{look} {thing}, model {}", model + 1),
        };
        let whole = low + random.low_below(high - low);
        let minor = whole * 100 + random.pick(&ENDINGS);
        let unit_price = Money::new(i64::try_from(minor).unwrap_or(i64::MAX), currency);
        // One in twenty is sold out.
        let stock = if random.is_in_100(5) { 0 } else { random.low_below(STOCK_MAX) };
        Ok(Self {
            id: format!("{code}-{:04}", index + 1).try_into()?,
            name: name.try_into()?,
            price: unit_price.amount(),
            currency,
            category: Category::try_from(*category)?,
            stock,
            unit_price,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use order_core::Currency;

    use super::Ware;

    #[test]
    fn products_have_ids_and_names_of_their_own() {
        let wares: Vec<_> =
            (0..10_000).map(|index| Ware::of(index, Currency::GBP).unwrap()).collect();
        assert_eq!(wares.iter().map(|ware| &ware.id).collect::<HashSet<_>>().len(), wares.len());
        assert_eq!(wares.iter().map(|ware| &ware.name).collect::<HashSet<_>>().len(), wares.len());
        assert!(wares.iter().all(|ware| ware.unit_price.is_positive()));
    }
}
