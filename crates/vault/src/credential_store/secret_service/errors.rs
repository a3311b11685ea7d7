//! The reasons why the Secret Service cannot be used, in words for its user.

use crate::credential_store::interface::{CredentialStoreUnavailable, UnavailableCause};
use std::time::Duration;

/// The store's name.
pub(super) const NAME: &str = "Secret Service";

pub(super) fn no_bus(why: &str) -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoSession,
        format!("no session bus ({why})"),
        "log in at the desktop of this computer, or use a passphrase",
    )
}

pub(super) fn no_service() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoService,
        "no Secret Service is running",
        "install gnome-keyring or KWallet, or use a passphrase",
    )
}

pub(super) fn no_keyring() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::NoKeyring,
        "the Secret Service has no keyring yet",
        "create one in the desktop's password manager (Passwords and Keys, KWalletManager), or use a passphrase",
    )
}

pub(super) fn keyring_locked() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Locked,
        "the login keyring is locked and cannot be asked to open here",
        "unlock it at the desktop of this computer, or use a passphrase",
    )
}

pub(super) fn prompt_declined() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Declined,
        "the keyring stayed locked, because its question was dismissed",
        "try again and give the keyring's password, or use a passphrase",
    )
}

pub(super) fn service_gone() -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Gone,
        "the Secret Service went away while it was asked",
        "try again, or use a passphrase",
    )
}

pub(super) fn no_answer(patience: Duration) -> CredentialStoreUnavailable {
    CredentialStoreUnavailable::new(
        UnavailableCause::Silent,
        format!("timed out: the Secret Service gave no answer within {patience:?}"),
        "try again, or use a passphrase",
    )
}
