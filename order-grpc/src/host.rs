//! What a host of the services sees to: who may come in, how often, and what is told of calls.

use std::{
    any::Any,
    fmt::Debug,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use order_core::Principal;
use tonic::{Code, codegen::http::HeaderMap};
use tracing::Span;

/// The method that signs somebody in: each call of it may be a guess at a password.
pub const SIGN_IN: &str = "/order.v1.AuthService/SignIn";
/// The method by which somebody gets an account.
pub const CREATE_USER: &str = "/order.v1.UserService/CreateUser";

/// A place that a connection has, given back when it is dropped.
pub type Place = Box<dyn Any + Send + Sync>;

/// A call that came in, before anything is done for it.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The method's path, as [`RULES`](crate::RULES) have it; `-` for one that there is not.
    pub method: &'static str,
    /// The other end of the connection, if that is known.
    pub peer: Option<SocketAddr>,
    /// The metadata.
    pub headers: &'a HeaderMap,
    /// Who is calling, if they said so in a way that counts.
    pub who: Option<&'a Principal>,
}

/// What the host of the services sees to.
pub trait Host: Debug + Send + Sync {
    /// A place for a connection from there; without one it is closed.
    fn place(&self, peer: IpAddr) -> Option<Place>;

    /// Lets a call in. Nobody is asked of those of gateways, which stand for all their callers and
    /// count them themselves, nor of those of health.
    ///
    /// # Errors
    /// After how long the caller may ask again.
    fn admit(&self, call: &Incoming<'_>) -> Result<(), Duration>;

    /// The span within which a call is answered.
    fn span(&self, method: &'static str, headers: &HeaderMap) -> Span;

    /// Says what became of a call, once its answer has begun.
    fn answered(&self, span: &Span, code: Code);
}

/// Lets everybody in, and tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

impl Host for Open {
    fn place(&self, _: IpAddr) -> Option<Place> {
        Some(Box::new(()))
    }

    fn admit(&self, _: &Incoming<'_>) -> Result<(), Duration> {
        Ok(())
    }

    fn span(&self, _: &'static str, _: &HeaderMap) -> Span {
        Span::none()
    }

    fn answered(&self, _: &Span, _: Code) {}
}
