//! Both factors at the terminal, for commands that read or change the record.
//!
//! Always true: nothing of the record is shown before the notice of it is in the journal (or on its way to the process
//! that writes it, which confirmed it).

use crate::commands::Home;
use crate::start;
use agent::{ReadAccess, UNLOCK_IDLE, keyholder};
use console::Prompt;
use model::NoticeCode;
use vault::{GateToken, UnlockedSlot, Vault};

/// Both factors, given just now.
pub(crate) struct Entry {
    pub(crate) vault: Vault,
    pub(crate) door: UnlockedSlot,
    pub(crate) pass: GateToken,
    /// What the record must say about it besides.
    pub(crate) notices: Vec<(NoticeCode, String)>,
}

/// Asks for both factors, on standard error.
pub(crate) fn enter(home: &Home) -> anyhow::Result<Entry> {
    let mut vault = Vault::open(&home.paths.vault_dir())?;
    let mut ask = Prompt::on_stderr();
    let door = start::open_door(&vault, &mut ask)?;
    let mut notices = Vec::new();
    let pass = start::code(&mut vault, &door, &mut ask, &mut notices)?;
    Ok(Entry {
        vault,
        door,
        pass,
        notices,
    })
}

/// The right to read, from a recent unlock or from both factors. `what` is told in the notice: "the report of …".
pub(crate) fn open(home: &Home, what: &str) -> anyhow::Result<ReadAccess> {
    open_as(home, NoticeCode::Access, &format!("Read: {what}."))
}

/// As [`open`], with a notice in other words.
pub(crate) fn open_as(home: &Home, code: NoticeCode, text: &str) -> anyhow::Result<ReadAccess> {
    if let Some(access) = ReadAccess::from_keyholder(home)? {
        access.record_notices(home, vec![(code, text.to_owned())])?;
        return Ok(access);
    }
    let access = fresh(home, code, text)?;
    keyholder::start_keyholder(home, &access.identity, UNLOCK_IDLE)?;
    Ok(access)
}

/// The right to change settings, which is that to read. Before there is a vault anybody may.
pub(crate) fn for_settings(home: &Home, text: &str) -> anyhow::Result<()> {
    if home.paths.vault_dir().join(vault::FILE_NAME).exists() {
        open_as(home, NoticeCode::Settings, text)?;
    }
    Ok(())
}

/// The right to read, from both factors, whatever was unlocked before.
pub(crate) fn fresh(home: &Home, code: NoticeCode, text: &str) -> anyhow::Result<ReadAccess> {
    let entry = enter(home)?;
    let access = ReadAccess {
        identity: entry.vault.viewer_identity(&entry.door, &entry.pass)?,
        vault: entry.vault,
    };
    let mut notices = entry.notices;
    notices.push((NoticeCode::CodeAccepted, "A code was accepted.".to_owned()));
    notices.push((code, text.to_owned()));
    access.record_notices(home, notices)?;
    Ok(access)
}
