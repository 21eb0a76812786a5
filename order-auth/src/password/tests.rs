use std::time::{Duration, Instant};

use super::*;

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[tokio::test]
async fn a_password_matches_its_own_hash_and_no_other() {
    let hasher = Argon2Hasher::default();
    let hash = hasher.hash(&password("correct horse")).await.unwrap();
    let again = hasher.hash(&password("correct horse")).await.unwrap();
    assert_ne!(hash, again, "each has a salt of its own");
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
    assert!(hasher.matches(&password("correct horse"), Some(&hash)).await.unwrap());
    assert!(hasher.matches(&password("correct horse"), Some(&again)).await.unwrap());
    for wrong in ["correct horsf", "Correct horse", "correct horse ", ""] {
        assert!(!hasher.matches(&password(wrong), Some(&hash)).await.unwrap(), "{wrong:?}");
    }
}

#[tokio::test]
async fn nobody_has_no_password() {
    let hasher = Argon2Hasher::default();
    for guess in ["", "password", NOBODYS] {
        assert!(!hasher.matches(&password(guess), None).await.unwrap());
    }
}

/// So that how long it takes says nothing of whether there is an account.
#[tokio::test]
async fn nobodys_hash_costs_as_much_as_every_other() {
    let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
    let hasher = Argon2Hasher::default();
    let hash = hasher.hash(&password("correct horse")).await.unwrap();
    assert_eq!(cost(NOBODYS), cost(hash.expose()));
    let mut took = [Duration::ZERO; 2];
    for _ in 0..5 {
        for (took, hash) in took.iter_mut().zip([Some(&hash), None]) {
            let begun = Instant::now();
            assert!(!hasher.matches(&password("wrong"), hash).await.unwrap());
            *took += begun.elapsed();
        }
    }
    let [known, unknown] = took;
    assert!(unknown * 2 > known && known * 2 > unknown, "{known:?} against {unknown:?}");
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_is_our_fault() {
    let hasher = Argon2Hasher::default();
    for broken in ["", "plain text", "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA"] {
        let hash = PasswordHash::new(broken);
        let error = hasher.matches(&password("x"), Some(&hash)).await.unwrap_err();
        assert_eq!(error.code(), "auth.broken", "{broken:?}");
    }
}

#[tokio::test]
async fn too_many_at_once_are_refused_and_the_rest_is_served() {
    let hasher = Argon2Hasher::new(1);
    let crowd: Vec<_> = (0..WAITING_MAX + 9)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.matches(&password("x"), None).await })
        })
        .collect();
    let mut busy = 0;
    for one in crowd {
        match one.await.unwrap() {
            Ok(matches) => assert!(!matches),
            Err(error) => {
                assert_eq!(error.code(), "auth.busy");
                busy += 1;
            }
        }
    }
    assert_eq!(busy, 8);
    assert!(!hasher.matches(&password("x"), None).await.unwrap(), "there is room again");
}

/// The thread that serves goes on while a password is hashed.
#[tokio::test]
async fn hashing_keeps_nobody_from_being_served() {
    let hasher = Argon2Hasher::default();
    let hashing = tokio::spawn(async move { hasher.hash(&password("correct horse")).await });
    let mut turns = 0;
    while !hashing.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        turns += 1;
    }
    hashing.await.unwrap().unwrap();
    assert!(turns > 1, "{turns}");
}
