//! Given, when, then: what each command does, and each guard from both sides.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "decide/contents.rs"]
mod contents;
#[path = "decide/given.rs"]
mod given;
#[path = "decide/goods.rs"]
mod goods;
#[path = "decide/limits.rs"]
mod limits;
#[path = "decide/money.rs"]
mod money;
#[path = "decide/privacy.rs"]
mod privacy;
#[path = "decide/rejections.rs"]
mod rejections;
#[path = "decide/totals.rs"]
mod totals;
