//! Both factors of a command that reads the record, or changes settings.
//!
//! Always true: nothing of the record is shown before the notice of the access is in the journal (or confirmed by the
//! process that writes it).

use super::code::ask_code;
use super::factors::unlock_slot;
use agent::AppContext;
use agent::{ReadAccess, UNLOCK_IDLE, keyholder};
use console::Prompt;
use model::NoticeCode;
use vault::{GateToken, UnlockedSlot, Vault};

/// Both factors, verified just now.
pub(crate) struct VerifiedFactors {
    pub(crate) vault: Vault,
    pub(crate) slot: UnlockedSlot,
    pub(crate) token: GateToken,
    /// Notices of the verification, for the journal.
    pub(crate) notices: Vec<(NoticeCode, String)>,
}

/// Asks for both factors, on standard error.
pub(crate) fn ask_factors(app: &AppContext) -> anyhow::Result<VerifiedFactors> {
    let mut vault = Vault::open(&app.paths.vault_dir())?;
    let mut prompt = Prompt::on_stderr();
    let slot = unlock_slot(&vault, &mut prompt)?;
    let mut notices = Vec::new();
    let token = ask_code(&mut vault, &slot, &mut prompt, &mut notices)?;
    Ok(VerifiedFactors {
        vault,
        slot,
        token,
        notices,
    })
}

/// The right to read, from a recent unlock or from both factors. The notice names `subject`: "the report of …".
pub(crate) fn open_for_reading(app: &AppContext, subject: &str) -> anyhow::Result<ReadAccess> {
    open_with_notice(app, NoticeCode::Access, &format!("Read: {subject}."))
}

/// The right to read, from a recent unlock or from both factors, with a notice of this code and text.
pub(crate) fn open_with_notice(
    app: &AppContext,
    code: NoticeCode,
    text: &str,
) -> anyhow::Result<ReadAccess> {
    if let Some(access) = ReadAccess::from_keyholder(app)? {
        access.record_notices(app, vec![(code, text.to_owned())])?;
        return Ok(access);
    }
    let access = open_with_fresh_factors(app, code, text)?;
    keyholder::start_keyholder(app, &access.identity, UNLOCK_IDLE)?;
    Ok(access)
}

/// The right to read, from both factors even during an unlock, with a notice of this code and text.
pub(crate) fn open_with_fresh_factors(
    app: &AppContext,
    code: NoticeCode,
    text: &str,
) -> anyhow::Result<ReadAccess> {
    let factors = ask_factors(app)?;
    let access = ReadAccess {
        identity: factors
            .vault
            .viewer_identity(&factors.slot, &factors.token)?,
        vault: factors.vault,
    };
    let mut notices = factors.notices;
    notices.push((NoticeCode::CodeAccepted, "A code was accepted.".to_owned()));
    notices.push((code, text.to_owned()));
    access.record_notices(app, notices)?;
    Ok(access)
}

/// Asks for the right to change settings, which is the right to read. Before there is a vault anybody has it.
pub(crate) fn authorise_settings_change(app: &AppContext, text: &str) -> anyhow::Result<()> {
    if app.paths.vault_dir().join(vault::FILE_NAME).exists() {
        open_with_notice(app, NoticeCode::Settings, text)?;
    }
    Ok(())
}
