//! The right to read the record: from a recent unlock, or from factors that were typed into a view or a page.
//!
//! Always true: nothing of the record is shown before its notice is in the journal, or confirmed by the process that
//! writes it. Nothing here prompts.

use crate::app_context::AppContext;
use crate::journal_keys::journal_keys;
use crate::keyholder;
use crate::notices::{record_notices, record_notices_with};
use anyhow::Context;
use journal::{IntegrityCheck, JournalKeys, Reader};
use model::{ErrorKind, NoticeCode, UserError};
use platform::clock::unix_time;
use std::time::Duration;
use vault::{Factor, Identity, UnlockedSlot, Vault};

/// How long an unlock lasts after its last use.
pub const UNLOCK_IDLE: Duration = Duration::from_secs(600);

/// The right to read the record.
pub struct ReadAccess {
    /// The vault.
    pub vault: Vault,
    /// The viewer's key.
    pub identity: Identity,
}

/// Unlocks the vault with the secret in the credential store, without a prompt.
///
/// # Errors
/// When there is no store, no entry in it, or the secret does not fit.
pub fn unlock_slot_from_store(vault: &Vault) -> anyhow::Result<UnlockedSlot> {
    let store = vault::open_os_store()?;
    let secret = store
        .get(vault.device())?
        .with_context(|| format!("the {} has no entry for this vault", store.name()))?;
    Ok(vault.unlock_slot(&Factor::OsStore(&secret))?)
}

/// Checks that the vault opens with a code alone, as far as the person is concerned; the error names the missing
/// factor.
///
/// # Errors
/// With [`ErrorKind::Denied`] when it does not.
pub(crate) fn require_code_only_vault(context: &AppContext) -> anyhow::Result<()> {
    slot_for_code(&Vault::open(&context.paths.vault_dir())?).map(drop)
}

fn slot_for_code(vault: &Vault) -> anyhow::Result<UnlockedSlot> {
    unlock_slot_from_store(vault).map_err(|e| {
        UserError::new(
            ErrorKind::Denied,
            "This needs the vault's passphrase too",
            "Run `uam unlock` in another terminal first.",
        )
        .caused_by(e)
        .into()
    })
}

/// Both factors, as they were typed into a view or a page: the right to read, and further notices that belong to it.
/// Without a passphrase the vault must open with the credential store.
///
/// # Errors
/// With [`ErrorKind::Denied`] when one of them is not right.
pub fn verify_typed_factors(
    context: &AppContext,
    code: &str,
    passphrase: Option<&str>,
) -> anyhow::Result<(ReadAccess, Vec<(NoticeCode, String)>)> {
    let denied = |what: String| anyhow::Error::from(UserError::new(ErrorKind::Denied, what, ""));
    let mut vault = Vault::open(&context.paths.vault_dir())?;
    let door = match passphrase {
        Some(words) => vault
            .unlock_slot(&Factor::Passphrase(words))
            .map_err(|_| denied("that is not the passphrase".to_owned()))?,
        None => slot_for_code(&vault)?,
    };
    let answer = vault.check_code(&door, code, unix_time().as_secs())?;
    let Some(pass) = answer.token else {
        return Err(denied(answer.verdict.to_string()));
    };
    let identity = vault.viewer_identity(&door, &pass)?;
    let mut notices = Vec::new();
    if answer.failures_before > 0 {
        let text = format!(
            "{} codes were refused before the right one.",
            answer.failures_before
        );
        notices.push((NoticeCode::CodeRefused, text));
    }
    Ok((ReadAccess { vault, identity }, notices))
}

/// The right to read, from a code that was typed into a view. A further use within [`UNLOCK_IDLE`] needs no code.
pub(crate) fn unlock_with_code(
    context: &AppContext,
    code: &str,
    text: &str,
) -> anyhow::Result<ReadAccess> {
    let (access, mut notices) = verify_typed_factors(context, code, None)?;
    notices.push((NoticeCode::CodeAccepted, "A code was accepted.".to_owned()));
    notices.push((NoticeCode::Access, text.to_owned()));
    access.record_notices(context, notices)?;
    keyholder::start_keyholder(context, &access.identity, UNLOCK_IDLE)?;
    Ok(access)
}

impl ReadAccess {
    /// The right to read from a recent unlock; `None` when there is none.
    ///
    /// # Errors
    /// When the keyholder or the vault cannot be read.
    pub fn from_keyholder(context: &AppContext) -> anyhow::Result<Option<Self>> {
        let Some(identity) = keyholder::fetch_identity(&context.paths)? else {
            return Ok(None);
        };
        let vault = Vault::open(&context.paths.vault_dir())?;
        Ok(Some(Self { vault, identity }))
    }

    /// The journal, opened for reading.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open_reader(&self, context: &AppContext) -> anyhow::Result<Reader> {
        Reader::open(
            &context.paths.journal_dir(),
            self.vault.viewer_opener(&self.identity),
        )
        .context("cannot read the journal")
    }

    /// The keys that write and open the journal in this process while no agent runs.
    ///
    /// # Errors
    /// As [`journal_keys`].
    pub fn journal_keys(&self) -> anyhow::Result<JournalKeys> {
        journal_keys(&self.vault, self.vault.viewer_opener(&self.identity), None)
    }

    /// Puts notices into the journal.
    ///
    /// # Errors
    /// When they are not in the journal afterwards.
    pub fn record_notices(
        &self,
        context: &AppContext,
        notices: Vec<(NoticeCode, String)>,
    ) -> anyhow::Result<()> {
        record_notices(context, &self.journal_keys()?, notices)
    }

    /// As [`Self::record_notices`], without the check for damage, which ran minutes ago.
    ///
    /// # Errors
    /// When they are not in the journal afterwards.
    pub fn record_notices_unchecked(
        &self,
        context: &AppContext,
        notices: Vec<(NoticeCode, String)>,
    ) -> anyhow::Result<()> {
        record_notices_with(
            context,
            &self.journal_keys()?,
            notices,
            IntegrityCheck::Skip,
        )
    }
}
