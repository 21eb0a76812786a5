//! Tokens of every kind: those that count, and all the others.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics has failed")]

#[path = "tokens/forged.rs"]
mod forged;
#[path = "tokens/mint.rs"]
mod mint;
#[path = "tokens/rotation.rs"]
mod rotation;

use std::time::Duration;

use order_auth::{AuthError, JwtTokens, KeySource, Secret, TokenSettings};
use order_core::{
    RoleKind,
    ports::{Authenticator, Clock, CredentialError, SystemClock, TokenIssuer},
};
use serde_json::{Value, json};

use crate::mint::{Mint, SECRET, claims, now, tokens};

#[tokio::test]
async fn our_own_token_says_who_it_is_and_until_when() {
    let tokens = tokens();
    for role in RoleKind::ALL {
        let token = tokens.issue(&"ann".parse().unwrap(), role, SystemClock.now()).unwrap();
        let who = tokens.authenticate(&token.text).await.unwrap();
        assert_eq!((who.subject.as_str(), who.role.kind()), ("ann", role));
        let in_a_day = now() + 24 * 3_600;
        assert!((token.expires_at.millis() / 1_000 - in_a_day).abs() <= 1);
    }
}

#[tokio::test]
async fn tokens_of_others_count_by_their_keys() {
    for mint in [Mint::rsa("r"), Mint::ec("e"), Mint::ed("d")] {
        let tokens = mint.trusting();
        let token = mint.sign(&claims("ann"));
        let who = tokens.authenticate(&token).await.unwrap();
        assert_eq!(who.subject.as_str(), "ann");
        // Without a name the only key of the algorithm is meant.
        let nameless = mint.sign_named(None, &claims("ann"));
        assert!(tokens.authenticate(&nameless).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_counts_until_it_expires() {
    for (exp, code) in [
        (json!(now() + 60), None),
        (json!(f64::from(i32::try_from(now()).unwrap()) + 60.5), None),
        (json!(now() - 60), Some("auth.token_expired")),
        (json!(0), Some("auth.token_expired")),
        (json!((now() + 60).to_string()), Some("auth.token_invalid")),
        (json!(-1), Some("auth.token_invalid")),
        (json!(true), Some("auth.token_invalid")),
        (json!(null), Some("auth.token_invalid")),
        (json!([now() + 60]), Some("auth.token_invalid")),
        (json!({"exp": now() + 60}), Some("auth.token_invalid")),
    ] {
        for mint in [Mint::shared(), Mint::ec("e")] {
            let tokens = mint.trusting();
            let token = mint.sign(&json!({"sub": "ann", "exp": exp}));
            let found = tokens.authenticate(&token).await.err();
            assert_eq!(found.as_ref().map(CredentialError::code), code, "{exp} {found:?}");
        }
    }
    let endless = Mint::shared().sign(&json!({"sub": "ann"}));
    let refused = tokens().authenticate(&endless).await.unwrap_err();
    assert_eq!(refused.code(), "auth.token_invalid");
}

#[tokio::test]
async fn a_token_does_not_count_before_its_time() {
    for (nbf, counts) in
        [(json!(now() - 60), true), (json!(now() + 60), false), (json!("soon"), false)]
    {
        let mut claims = claims("ann");
        claims["nbf"] = nbf.clone();
        let token = Mint::shared().sign(&claims);
        assert_eq!(tokens().authenticate(&token).await.is_ok(), counts, "{nbf}");
    }
}

#[tokio::test]
async fn issuer_and_audience_must_be_right_where_they_are_asked_for() {
    let asking = JwtTokens::new(TokenSettings {
        secret: Some(Secret::new(SECRET).unwrap()),
        issuer: Some("shop".to_owned()),
        audience: Some("orders".to_owned()),
        ..TokenSettings::default()
    })
    .unwrap();
    for (iss, aud, counts) in [
        (json!("shop"), json!("orders"), true),
        (json!("shop"), json!(["other", "orders"]), true),
        (json!("shop"), json!("other"), false),
        (json!("shop"), json!([]), false),
        (json!("shop"), json!(null), false),
        (json!("other"), json!("orders"), false),
        (json!(null), json!("orders"), false),
        (json!(7), json!("orders"), false),
    ] {
        let mut claims = claims("ann");
        (claims["iss"], claims["aud"]) = (iss.clone(), aud.clone());
        let token = Mint::shared().sign(&claims);
        assert_eq!(asking.authenticate(&token).await.is_ok(), counts, "{iss} {aud}");
        // Who does not ask does not mind.
        assert!(tokens().authenticate(&token).await.is_ok(), "{iss} {aud}");
    }
    let bare = Mint::shared().sign(&claims("ann"));
    assert!(asking.authenticate(&bare).await.is_err());
    let own = asking.issue(&"ann".parse().unwrap(), RoleKind::Staff, SystemClock.now()).unwrap();
    assert!(asking.authenticate(&own.text).await.is_ok());
}

#[tokio::test]
async fn who_has_no_secret_makes_no_tokens() {
    let tokens = Mint::ed("d").trusting();
    let refused = tokens.issue(&"ann".parse().unwrap(), RoleKind::Admin, SystemClock.now());
    assert_eq!(refused.unwrap_err().code(), "auth.no_issuer");
    let nothing = JwtTokens::new(TokenSettings::default()).unwrap_err();
    assert!(matches!(nothing, AuthError::NoKeys), "{nothing}");
}

#[tokio::test]
async fn a_short_life_is_short() {
    let tokens = JwtTokens::new(TokenSettings {
        secret: Some(Secret::new(SECRET).unwrap()),
        expiration: Duration::from_secs(1),
        ..TokenSettings::default()
    })
    .unwrap();
    let made = SystemClock.now().plus_millis(-60_000);
    let token = tokens.issue(&"ann".parse().unwrap(), RoleKind::Admin, made).unwrap();
    let refused = tokens.authenticate(&token.text).await.unwrap_err();
    assert_eq!(refused.code(), "auth.token_expired");
}

#[test]
fn neither_secrets_nor_tokens_are_shown() {
    let secret = Secret::new(SECRET).unwrap();
    let settings = TokenSettings { secret: Some(secret.clone()), ..TokenSettings::default() };
    let tokens = JwtTokens::new(settings.clone()).unwrap();
    let token = tokens.issue(&"ann".parse().unwrap(), RoleKind::Admin, SystemClock.now()).unwrap();
    let shown = format!("{secret:?} {settings:?} {tokens:?} {token:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("eyJ"), "{shown}");
}

#[test]
fn a_secret_in_a_file_loses_its_line_end_only() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (text, secret) in [("secret", "secret"), ("secret\n", "secret"), (" s\r\n", " s")] {
        std::fs::write(file.path(), text).unwrap();
        assert_eq!(Secret::read(file.path()).unwrap(), Secret::new(secret).unwrap());
    }
    std::fs::write(file.path(), "\n").unwrap();
    assert!(matches!(Secret::read(file.path()), Err(AuthError::EmptySecret)));
    assert!(matches!(Secret::read("nowhere".as_ref()), Err(AuthError::File { .. })));
    assert!(Secret::new("your-jwt-secret").unwrap().is_weak());
    assert!(!Secret::new(SECRET).unwrap().is_weak());
}

#[test]
fn keys_come_from_files_and_safe_addresses() {
    for (text, is_file) in [
        ("keys.json", true),
        ("/etc/keys.json", true),
        ("https://id.example/.well-known/jwks.json", false),
        ("http://localhost:9/keys", false),
        ("http://127.0.0.1/keys", false),
    ] {
        let source: KeySource = text.parse().unwrap();
        assert_eq!(matches!(source, KeySource::File(_)), is_file, "{text}");
    }
    for text in ["", "http://id.example/keys", "ftp://id.example", "https://me:s3cr@id.example/"] {
        let refused = text.parse::<KeySource>().unwrap_err();
        assert!(matches!(refused, AuthError::Address(_)), "{text}");
    }
    let shown: KeySource = "https://id.example/keys?key=s3cr".parse().unwrap();
    assert_eq!(shown.to_string(), "https://id.example/keys");
}

/// A token says only what was signed.
#[tokio::test]
async fn what_a_token_says_cannot_be_changed() {
    let mint = Mint::shared();
    let token = mint.sign(&claims("ann"));
    let parts: Vec<&str> = token.split('.').collect();
    let mut admin: Value = claims("ann");
    admin["role"] = json!("admin");
    let forged = format!("{}.{}.{}", parts[0], mint::encoded(&admin), parts[2]);
    let refused = tokens().authenticate(&forged).await.unwrap_err();
    assert_eq!(refused.code(), "auth.token_invalid");
}
