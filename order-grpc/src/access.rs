//! Which role may call which method: one table, asked before any method runs.

use order_core::{Principal, Role, RoleKind};

/// The subject of a token of the role `service` that may say for whom it calls.
pub const GATEWAY_SUBJECT: &str = "gateway";

/// Who may call a method. How much of it is theirs to see, the use cases say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody; who it is, is not asked.
    Public,
    /// Everybody, also who is not signed in; a token that does not count is refused.
    Visitor,
    /// Who is signed in.
    SignedIn,
    /// Who is signed in and no customer.
    Staff,
    /// The same, of one order: another customer's order is not there for a customer.
    StaffOfOrder,
    /// Administrators.
    Admin,
    /// Servers of this library that call for somebody else: administrators, and the service
    /// [`GATEWAY_SUBJECT`].
    Gateway,
}

impl Access {
    /// Whether somebody who is signed in may call it.
    pub(crate) fn lets(self, who: &Principal) -> bool {
        let role = who.role.kind();
        match self {
            Self::Public | Self::Visitor | Self::SignedIn => true,
            Self::Staff | Self::StaffOfOrder => role != RoleKind::Customer,
            Self::Admin => role == RoleKind::Admin,
            Self::Gateway => match who.role {
                Role::Admin => true,
                Role::Service => who.subject == GATEWAY_SUBJECT,
                Role::Customer(_) | Role::Staff => false,
            },
        }
    }
}

/// Who may call one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The method's path: `/order.v1.OrderService/GetOrder`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
}

const fn rule(path: &'static str, access: Access) -> Rule {
    Rule { path, access }
}

/// Who may call which method. A method that is not here nobody may call.
pub const RULES: &[Rule] = &[
    rule("/grpc.health.v1.Health/Check", Access::Public),
    rule("/grpc.health.v1.Health/Watch", Access::Public),
    rule("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Access::Public),
    rule("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Access::Public),
    rule("/order.v1.AuthService/SignIn", Access::Public),
    rule("/order.v1.Core/Call", Access::Gateway),
    rule("/order.v1.UserService/CreateUser", Access::Visitor),
    rule("/order.v1.UserService/GetUser", Access::SignedIn),
    rule("/order.v1.UserService/UpdateUser", Access::SignedIn),
    rule("/order.v1.UserService/DeleteUser", Access::SignedIn),
    rule("/order.v1.UserService/ListUsers", Access::Admin),
    rule("/order.v1.ProductService/GetProduct", Access::SignedIn),
    rule("/order.v1.ProductService/ListProducts", Access::SignedIn),
    rule("/order.v1.ProductService/CreateProduct", Access::Staff),
    rule("/order.v1.ProductService/UpdateProduct", Access::Staff),
    rule("/order.v1.ProductService/DeleteProduct", Access::Staff),
    rule("/order.v1.ProductService/ChangeStock", Access::Staff),
    rule("/order.v1.OrderService/PlaceOrder", Access::SignedIn),
    rule("/order.v1.OrderService/GetOrder", Access::SignedIn),
    rule("/order.v1.OrderService/ListOrders", Access::SignedIn),
    rule("/order.v1.OrderService/StreamOrders", Access::SignedIn),
    rule("/order.v1.OrderService/UpdateOrder", Access::SignedIn),
    rule("/order.v1.OrderService/GetOrderHistory", Access::SignedIn),
    rule("/order.v1.OrderService/WatchEvents", Access::SignedIn),
    rule("/order.v1.OrderService/PlaceDraft", Access::SignedIn),
    rule("/order.v1.OrderService/CancelOrder", Access::SignedIn),
    rule("/order.v1.OrderService/AddNote", Access::SignedIn),
    rule("/order.v1.OrderService/RequestReturn", Access::SignedIn),
    rule("/order.v1.OrderService/ConfirmOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/ProcessOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/HoldOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/ReleaseOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/ShipOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/DeliverOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/CompleteOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/ArchiveOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/UnarchiveOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/RecordPayment", Access::StaffOfOrder),
    rule("/order.v1.OrderService/CapturePayment", Access::StaffOfOrder),
    rule("/order.v1.OrderService/VoidPayment", Access::StaffOfOrder),
    rule("/order.v1.OrderService/RefundOrder", Access::StaffOfOrder),
    rule("/order.v1.OrderService/ReceiveReturn", Access::StaffOfOrder),
    rule("/order.v1.OrderService/RejectReturn", Access::StaffOfOrder),
];

/// The rule of a method; none if nobody may call it.
pub(crate) fn rule_of(path: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.path == path)
}
