//! The operating system's credential store: a real one where there is one, and one that misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
mod bus;
#[cfg(windows)]
mod credential_manager;
#[cfg(target_os = "linux")]
mod gnome_keyring;
#[cfg(target_os = "linux")]
mod puppet;
#[cfg(target_os = "linux")]
mod puppet_cases;
use vault::{CredentialStore, CredentialStoreError, MemoryCredentialStore};

const DEVICE: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// The behaviour of every store.
fn keeps_its_word(store: &dyn CredentialStore) {
    let read = |account| store.get(account).unwrap().map(|secret| secret.to_vec());
    assert_eq!(read(DEVICE), None);
    assert!(!store.remove(DEVICE).unwrap(), "there was nothing");
    // Every byte there is, so that none is lost on the way.
    let all: Vec<u8> = (0..=255).collect();
    store.set(DEVICE, &all).unwrap();
    assert_eq!(read(DEVICE), Some(all));
    let key = [0x5a; 32];
    store.set(DEVICE, &key).unwrap();
    assert_eq!(read(DEVICE), Some(key.to_vec()), "replaced");
    assert_eq!(read(OTHER), None);
    store.set(OTHER, &[0; 32]).unwrap();
    assert_eq!(read(DEVICE), Some(key.to_vec()), "not the other's");
    assert_eq!(read(OTHER), Some(vec![0; 32]));
    assert!(store.remove(DEVICE).unwrap());
    assert!(!store.remove(DEVICE).unwrap(), "once is enough");
    assert_eq!(read(DEVICE), None);
    assert_eq!(read(OTHER), Some(vec![0; 32]), "the other's stays");
    assert!(store.remove(OTHER).unwrap());

    assert_eq!(store.get("no account"), Err(CredentialStoreError::Account));
    assert_eq!(store.set("", &key), Err(CredentialStoreError::Account));
    assert_eq!(store.remove("a/b"), Err(CredentialStoreError::Account));
    let bytes = vault::credential_store::MAX_SECRET_BYTES;
    assert_eq!(
        store.set(DEVICE, &vec![1; bytes + 1]),
        Err(CredentialStoreError::Secret { bytes: bytes + 1 })
    );
    assert_eq!(
        store.set(DEVICE, &[]),
        Err(CredentialStoreError::Secret { bytes: 0 })
    );
    store.set(DEVICE, &vec![1; bytes]).unwrap();
    assert_eq!(read(DEVICE), Some(vec![1; bytes]));
    assert!(store.remove(DEVICE).unwrap());
    assert!(!store.name().is_empty());
}

#[test]
fn the_store_of_this_process_keeps_its_word() {
    let store = MemoryCredentialStore::new();
    keeps_its_word(&store);
    store.clone().set(DEVICE, b"shared").unwrap();
    assert_eq!(store.get(DEVICE).unwrap().unwrap().as_slice(), b"shared");
    let shown = format!("{store:?}");
    assert!(shown.contains(DEVICE), "{shown}");
    assert!(
        !shown.contains("shared") && !shown.contains("115"),
        "{shown}"
    );
}
