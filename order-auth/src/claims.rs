//! What a token says: who it is, and in which role.

use order_core::{Actor, Principal, RoleKind, ports::CredentialError};
use serde_json::{Map, Value};

/// All that a token says.
pub(crate) type Claims = Map<String, Value>;

/// The claims that may name the caller: the first that is there does.
const SUBJECTS: [&str; 4] = ["sub", "user_id", "userId", "uid"];

/// Who a token says is calling.
pub(crate) fn principal(claims: &Claims) -> Result<Principal, CredentialError> {
    Ok(Principal::new(subject(claims)?, role(claims)))
}

fn subject(claims: &Claims) -> Result<Actor, CredentialError> {
    let named = SUBJECTS.iter().find_map(|name| Some((*name, claims.get(*name)?)));
    let (name, value) = named.ok_or(CredentialError::Refused("it names nobody"))?;
    let text = match value {
        Value::String(text) => text.clone(),
        // Some services count their users. The standard claim is always a text.
        Value::Number(number) if name != "sub" && number.is_u64() => number.to_string(),
        _ => return Err(CredentialError::Refused("it names nobody in a way that can be read")),
    };
    Actor::try_from(text.as_str())
        .map_err(|_| CredentialError::Refused("it names nobody in a way that can be read"))
}

/// The claim `role`, else the one of `roles` that may do most; a customer's if none is known.
fn role(claims: &Claims) -> RoleKind {
    let word = |value: &Value| value.as_str().and_then(|word| word.parse::<RoleKind>().ok());
    let known = match (claims.get("role"), claims.get("roles")) {
        (None, Some(Value::Array(roles))) => roles.iter().filter_map(word).max(),
        (Some(role), _) | (None, Some(role)) => word(role),
        (None, None) => None,
    };
    known.unwrap_or(RoleKind::Customer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Result<Principal, CredentialError> {
        match claims {
            Value::Object(claims) => principal(&claims),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_first_claim_that_names_somebody_does() {
        for (claims, subject) in [
            (json!({"sub": "ann", "uid": "bob"}), "ann"),
            (json!({"user_id": "ann", "userId": "bob"}), "ann"),
            (json!({"userId": "ann", "uid": "bob"}), "ann"),
            (json!({"uid": "ann"}), "ann"),
            (json!({"user_id": 123}), "123"),
        ] {
            assert_eq!(read(claims.clone()).unwrap().subject.as_str(), subject, "{claims}");
        }
    }

    #[test]
    fn a_claim_that_names_nobody_is_not_passed_over() {
        for claims in [
            json!({}),
            json!({"name": "ann"}),
            json!({"sub": "", "uid": "ann"}),
            json!({"sub": " ", "uid": "ann"}),
            json!({"sub": "a\u{0}b"}),
            json!({"sub": null, "uid": "ann"}),
            json!({"sub": 7}),
            json!({"sub": ["ann"]}),
            json!({"uid": -7}),
            json!({"uid": 1.5}),
            json!({"sub": "x".repeat(201)}),
        ] {
            assert_eq!(read(claims.clone()).unwrap_err().code(), "auth.token_invalid", "{claims}");
        }
    }

    #[test]
    fn a_role_that_is_not_known_is_a_customers() {
        for (role, kind) in [
            (json!({"role": "staff"}), RoleKind::Staff),
            (json!({"role": "ADMIN"}), RoleKind::Admin),
            (json!({"roles": ["reader", "staff", "customer"]}), RoleKind::Staff),
            (json!({"roles": "service"}), RoleKind::Service),
            (json!({"role": "customer", "roles": ["admin"]}), RoleKind::Customer),
            (json!({"role": "root"}), RoleKind::Customer),
            (json!({"role": ["admin"]}), RoleKind::Customer),
            (json!({"role": {"admin": true}}), RoleKind::Customer),
            (json!({"roles": [["admin"], 1, null]}), RoleKind::Customer),
            (json!({"role": null, "roles": ["admin"]}), RoleKind::Customer),
            (json!({"Role": "admin", "scope": "admin"}), RoleKind::Customer),
            (json!({}), RoleKind::Customer),
        ] {
            let mut claims = role.clone();
            claims["sub"] = json!("ann");
            let who = read(claims).unwrap();
            assert_eq!(who.role.kind(), kind, "{role}");
            assert_eq!(who.scope().is_some(), kind == RoleKind::Customer);
        }
    }
}
