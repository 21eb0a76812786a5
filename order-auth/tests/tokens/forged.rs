//! Tokens that somebody made up.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use order_auth::{JwtTokens, KeySource, Secret, TOKEN_BYTES_MAX, TokenSettings};
use order_core::ports::Authenticator;
use serde_json::{Value, json};

use crate::mint::{Mint, SECRET, claims, encoded, tokens, trusting_file, write_keys};

async fn assert_refused(tokens: &JwtTokens, token: &str) {
    let found = tokens.authenticate(token).await;
    let error = found.expect_err(token);
    assert_eq!(error.code(), "auth.token_invalid", "{token}: {error}");
}

#[tokio::test]
async fn garbage_is_no_token() {
    let good = Mint::shared().sign(&claims("ann"));
    let cut = &good[..good.len() - 1];
    let long = format!("{good}{}", "A".repeat(TOKEN_BYTES_MAX));
    let (header, payload) = (encoded(&json!({"alg": "HS256"})), encoded(&claims("ann")));
    let bare = format!("{header}.{payload}");
    let (unsigned, twice) = (format!("{bare}."), format!("{good}.{good}"));
    let list = format!("{}.{payload}.x", encoded(&json!([1])));
    for garbage in [
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b.c",
        "ann",
        cut,
        &long,
        &bare,
        &unsigned,
        &twice,
        &list,
        "ÄÖÜ.ß.€",
        "\u{0}",
        "eyJhbGciOiJIUzI1NiJ9",
    ] {
        assert_refused(&tokens(), garbage).await;
    }
}

/// Whoever signs with nothing is nobody, however they spell it.
#[tokio::test]
async fn an_algorithm_of_none_is_refused() {
    let keys = Mint::ed("d");
    for alg in ["none", "None", "NONE", "nOnE", "", "null"] {
        for header in [json!({"alg": alg}), json!({"alg": alg, "typ": "JWT", "kid": "d"})] {
            let bare = format!("{}.{}", encoded(&header), encoded(&claims("admin")));
            for token in [bare.clone(), format!("{bare}."), format!("{bare}.AAAA")] {
                assert_refused(&tokens(), &token).await;
                assert_refused(&keys.trusting(), &token).await;
            }
        }
    }
    for header in [json!({}), json!({"alg": null}), json!({"alg": ["HS256"]}), json!({"alg": 1})] {
        let token = format!("{}.{}.AAAA", encoded(&header), encoded(&claims("admin")));
        assert_refused(&tokens(), &token).await;
    }
}

/// A public key is no secret: what is signed with its bytes as if it were one is refused, also beside
/// a real secret.
#[tokio::test]
async fn a_public_key_is_not_taken_for_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    for mint in [Mint::rsa("r"), Mint::ec("e"), Mint::ed("d")] {
        let public = mint.public();
        write_keys(&file, std::slice::from_ref(&public));
        let set = std::fs::read(&file).unwrap();
        let parts = ["n", "x", "y"].iter().filter_map(|name| public[*name].as_str());
        let mut guesses: Vec<Vec<u8>> = vec![set, public.to_string().into_bytes(), Vec::new()];
        for part in parts {
            guesses.push(part.as_bytes().to_vec());
            guesses.push(URL_SAFE_NO_PAD.decode(part).unwrap());
        }
        let both = JwtTokens::new(TokenSettings {
            secret: Some(Secret::new(SECRET).unwrap()),
            keys: Some(KeySource::File(file.clone())),
            ..TokenSettings::default()
        })
        .unwrap();
        assert!(both.authenticate(&mint.sign(&claims("ann"))).await.is_ok());
        assert!(both.authenticate(&Mint::shared().sign(&claims("ann"))).await.is_ok());
        for guess in guesses {
            let key = EncodingKey::from_secret(&guess);
            for kid in [Some(mint.name.clone()), None] {
                let header = Header { kid, ..Header::new(Algorithm::HS256) };
                let token = encode(&header, &claims("ann"), &key).unwrap();
                assert_refused(&mint.trusting(), &token).await;
                assert_refused(&both, &token).await;
            }
        }
    }
}

/// The other way round: a key set that publishes a secret has published nothing of use.
#[tokio::test]
async fn symmetric_keys_and_keys_for_other_ends_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let (rsa, spare) = (Mint::rsa("r"), Mint::ed("spare"));
    let with = |changes: Value| {
        let mut key = rsa.public();
        for (name, value) in changes.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    };
    let secret = URL_SAFE_NO_PAD.encode(SECRET);
    write_keys(&file, &[json!({"kty": "oct", "k": secret, "kid": "shared"}), spare.public()]);
    let tokens = trusting_file(&file, order_auth::Pace::default());
    assert!(tokens.authenticate(&spare.sign(&claims("ann"))).await.is_ok());
    assert_refused(&tokens, &Mint::shared().sign(&claims("ann"))).await;
    for (key, counts) in [
        (with(json!({})), true),
        (with(json!({"use": "sig", "key_ops": ["verify"]})), true),
        (with(json!({"use": "enc"})), false),
        (with(json!({"key_ops": ["encrypt"]})), false),
        (with(json!({"alg": "RS512"})), false),
        (with(json!({"alg": "PS256"})), false),
        (with(json!({"alg": "HS256"})), false),
        (with(json!({"alg": "RSA-OAEP"})), false),
    ] {
        write_keys(&file, &[key.clone(), spare.public()]);
        let tokens = trusting_file(&file, order_auth::Pace::default());
        let found = tokens.authenticate(&rsa.sign(&claims("ann"))).await;
        assert_eq!(found.is_ok(), counts, "{key}");
    }
}

/// A key checks its own algorithm only, whatever the token's head asks for.
#[tokio::test]
async fn an_algorithm_is_bound_to_its_key() {
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&Header::new(algorithm), &claims("ann"), &secret).unwrap();
        assert_refused(&tokens(), &token).await;
    }
    let rsa = Mint::rsa("r");
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = Header { kid: Some("r".to_owned()), ..Header::new(algorithm) };
        let token = encode(&header, &claims("ann"), &rsa.key).unwrap();
        assert_refused(&rsa.trusting(), &token).await;
    }
    // The head names the key of another mint.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let mints = [rsa, Mint::ec("e"), Mint::ed("d")];
    write_keys(&file, &mints.each_ref().map(Mint::public));
    let tokens = trusting_file(&file, order_auth::Pace::default());
    for mint in &mints {
        for other in &mints {
            let token = mint.sign_named(Some(&other.name), &claims("ann"));
            let counts = mint.name == other.name;
            assert_eq!(tokens.authenticate(&token).await.is_ok(), counts, "{}", other.name);
        }
    }
    for mint in [Mint::rsa("r"), Mint::ec("e"), Mint::ed("d")] {
        assert_refused(&tokens, &mint.sign(&claims("ann"))).await;
    }
}

#[tokio::test]
async fn a_head_that_asks_for_more_is_refused() {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
    let token = encode(&header, &claims("ann"), &key).unwrap();
    assert_refused(&tokens(), &token).await;
    // A key that the token brings along is not asked.
    let ed = Mint::ed("d");
    let mut header = Header { kid: Some("d".to_owned()), ..Header::new(Algorithm::EdDSA) };
    let other = Mint::ed("d");
    header.jwk = Some(serde_json::from_value(other.public()).unwrap());
    let token = encode(&header, &claims("ann"), &other.key).unwrap();
    assert_refused(&ed.trusting(), &token).await;
}

#[tokio::test]
async fn a_token_names_somebody() {
    for (claim, value, counts) in [
        ("sub", json!("ann"), true),
        ("user_id", json!(7), true),
        ("sub", json!(""), false),
        ("sub", json!(null), false),
        ("sub", json!(7), false),
        ("name", json!("ann"), false),
    ] {
        let token = Mint::shared().sign(&json!({claim: value, "exp": crate::mint::now() + 600}));
        assert_eq!(tokens().authenticate(&token).await.is_ok(), counts, "{claim} {value}");
    }
}
