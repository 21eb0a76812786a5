//! A shop to ask: the router over a store in memory, with requests and answers that read well.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode},
};
use order_core::{
    Actor, Analytics, Confirmation, CustomerId, OrderService, Orders, Policy, Principal, RoleKind,
    Timestamp, UserService, Users, WebhookService, Webhooks,
    memory::InMemoryStore,
    ports::{CallbackError, CallbackReader, Clock, PaymentNotice, SystemClock, TokenIssuer},
};
use order_http::{Options, bearer, router};
use order_testkit::{PlainHasher, PlainTokens, ScriptedSender};
use serde_json::Value;
use tower::ServiceExt;

use crate::front::front;

/// The use cases, as the driving ports that REST speaks to.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) webhooks: Arc<dyn Webhooks>,
    pub(crate) analytics: Arc<dyn Analytics>,
}

/// The router and who asks it.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    router: Router,
    who: Option<Principal>,
}

/// Takes what comes from the provider `main` with the header `webhook-signature: right`.
#[derive(Debug)]
struct PlainCallbacks;

impl CallbackReader for PlainCallbacks {
    fn read(
        &self,
        provider: &str,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<PaymentNotice, CallbackError> {
        if provider != "main" {
            return Err(CallbackError::UnknownProvider);
        }
        if header("webhook-signature").as_deref() != Some("right") {
            return Err(CallbackError::Signature);
        }
        let id = header("webhook-id").and_then(|id| id.parse().ok());
        let id = id.ok_or(CallbackError::Unreadable("the id is no label"))?;
        let facts = serde_json::from_slice(body)
            .map_err(|_| CallbackError::Unreadable("the body is no notice of a payment"))?;
        let (provider, kind) = ("main".parse().unwrap(), "payment".parse().unwrap());
        Ok(PaymentNotice { provider, id, kind, at: now, facts })
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: axum::http::Extensions,
    pub(crate) text: String,
}

impl Shop {
    /// An empty shop, asked by an administrator.
    pub(crate) fn new() -> Self {
        Self::with(Policy::default(), Options::default())
    }

    /// A shop where placed orders wait for somebody to confirm them.
    pub(crate) fn confirming_by_hand() -> Self {
        let policy = Policy { confirm: Confirmation::ByHand, ..Policy::default() };
        Self::with(policy, Options::default())
    }

    /// A shop with orders mounted at another path too.
    pub(crate) fn mounted_at(path: &str) -> Self {
        let options = Options { orders_path: Some(path.to_owned()), ..Options::default() };
        Self::with(Policy::default(), options)
    }

    /// A shop where so many streams may be open at once.
    pub(crate) fn with_streams(max: usize) -> Self {
        Self::with(Policy::default(), Options { streams_max: Some(max), ..Options::default() })
    }

    /// An empty shop, and its store.
    pub(crate) fn with_store() -> (Self, InMemoryStore) {
        let store = InMemoryStore::default();
        (Self::of(store.clone(), Policy::default(), Options::default()), store)
    }

    fn with(policy: Policy, options: Options) -> Self {
        Self::of(InMemoryStore::default(), policy, options)
    }

    fn of(store: InMemoryStore, policy: Policy, options: Options) -> Self {
        let service = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7);
        Self::open_with(store, Arc::new(service.with_policy(policy)), options)
    }

    /// A shop of these orders.
    pub(crate) fn of_orders(orders: Arc<dyn Orders>) -> Self {
        Self::open_with(InMemoryStore::default(), orders, Options::default())
    }

    fn open_with(store: InMemoryStore, orders: Arc<dyn Orders>, options: Options) -> Self {
        let users =
            UserService::new(store.clone(), Arc::new(PlainHasher), SystemClock, uuid::Uuid::now_v7);
        let users = Arc::new(users.with_issuer(Arc::new(PlainTokens)));
        let callbacks = Some(Arc::new(PlainCallbacks) as Arc<dyn CallbackReader>);
        let sender = Arc::new(ScriptedSender::new(Arc::new(SystemClock)));
        let webhooks =
            Arc::new(WebhookService::new(store.clone(), sender, SystemClock, uuid::Uuid::now_v7));
        let analytics = Arc::new(OrderService::new(store, SystemClock, uuid::Uuid::now_v7));
        let core = front(Core { orders, users, webhooks, analytics });
        let (users, webhooks) = (Some(core.users), Some(core.webhooks));
        let analytics = Some(core.analytics);
        let options = Options { users, callbacks, webhooks, analytics, ..options };
        Self::over(router(core.orders, options))
    }

    /// A shop of this router.
    pub(crate) fn over(router: Router) -> Self {
        let who = Some(Principal::admin(Actor::try_from("tester").unwrap()));
        Self { router, who }
    }

    /// The same shop, asked by bearer token.
    pub(crate) fn signing_in(&self) -> Self {
        Self { router: bearer(self.router.clone(), Arc::new(PlainTokens)), who: None }
    }

    /// The same shop, of whose requests the host says something more.
    pub(crate) fn with_extension(&self, said: impl Clone + Send + Sync + 'static) -> Self {
        let router = self.router.clone().layer(axum::Extension(said));
        Self { router, who: self.who.clone() }
    }

    /// The same shop, nested below a path.
    pub(crate) fn nested_at(&self, path: &str) -> Self {
        Self { router: Router::new().nest(path, self.router.clone()), who: self.who.clone() }
    }

    /// The same shop, asked by somebody else.
    pub(crate) fn asked_by(&self, who: Option<Principal>) -> Self {
        Self { router: self.router.clone(), who }
    }

    /// The same shop, asked by a customer.
    pub(crate) fn asked_by_customer(&self, id: &str) -> Self {
        self.asked_by(Some(Principal::customer(CustomerId::try_from(id).unwrap())))
    }

    /// The same shop, asked by somebody in a role.
    pub(crate) fn asked_as(&self, subject: &str, role: RoleKind) -> Self {
        self.asked_by(Some(Principal::new(Actor::try_from(subject).unwrap(), role)))
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::read(self.begin(request).await).await
    }

    /// Sends any request, and leaves the body of the answer unread.
    pub(crate) async fn begin(&self, mut request: Request<Body>) -> Response<Body> {
        if let Some(who) = &self.who {
            request.extensions_mut().insert(who.clone());
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Asks for what is read while it comes.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.begin(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a request with headers and a body.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.json("POST", path, &[], body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.json("PUT", path, &[], body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.json("PATCH", path, &[], body).await
    }

    /// Sends a JSON body with headers besides.
    pub(crate) async fn json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Reply {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.ask(method, path, &all, body.to_string()).await
    }

    /// Places an order and gives its id.
    pub(crate) async fn placed(&self, body: Value) -> String {
        let reply = self.post("/orders", body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.value()["id"].as_str().unwrap().to_owned()
    }

    /// An order of two of one product and one of another, for a customer.
    pub(crate) async fn order_of(&self, customer: &str) -> String {
        self.placed(serde_json::json!({
            "customerId": customer,
            "currency": "EUR",
            "items": [
                {"productId": "pen", "quantity": 2, "unitPrice": "1.50"},
                {"productId": "ink", "quantity": 1, "unitPrice": "7.00"},
            ],
        }))
        .await
    }

    /// Takes an action that must succeed, and gives the order after it.
    pub(crate) async fn act(&self, path: &str, body: Value) -> Value {
        self.post(path, body).await.ok()
    }
}

impl Reply {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap_or_default();
        Self { status: parts.status, headers: parts.headers, extensions: parts.extensions, text }
    }

    /// The body as JSON.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body of an answer that must be 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.value()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem with this status.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let body = self.value();
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], "about:blank");
        body["code"].as_str().unwrap().to_owned()
    }
}

/// What somebody in a role shows.
pub(crate) fn token(subject: &str, role: RoleKind) -> String {
    let subject = Actor::try_from(subject).unwrap();
    let token = PlainTokens.issue(&subject, role, SystemClock.now()).unwrap();
    format!("Bearer {}", token.text)
}
