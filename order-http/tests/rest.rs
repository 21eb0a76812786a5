//! The REST routes, asked as clients ask them, over the store in memory.

mod orders;
mod seeds;
mod shop;
