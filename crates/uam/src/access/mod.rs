//! Reading what was recorded: two factors, ten minutes, and a notice each time.
//!
//! Always true: nothing of the record is shown before the notice of it is in the journal (or on its way to the process
//! that writes it, which confirmed it).

pub(crate) mod keyholder;

use crate::commands::Home;
use crate::{control, start};
use anyhow::Context;
use console::Prompt;
use journal::{Errand, JournalError, Reader};
use model::{ErrorKind, Notice, NoticeCode, Record, UserError};
use platform::clock::{current_time_us, unix_time};
use platform::timezone::current_zone_name;
use protocol::{Request, Response};
use settings::Settings;
use std::time::Duration;
use vault::{Factor, GateToken, Identity, UnlockedSlot, Vault};

/// How long an unlock lasts after the last look.
pub(crate) const IDLE: Duration = Duration::from_secs(600);

/// The right to read.
pub(crate) struct Access {
    pub(crate) vault: Vault,
    pub(crate) identity: Identity,
}

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
pub(crate) fn open(home: &Home, what: &str) -> anyhow::Result<Access> {
    open_as(home, NoticeCode::Access, &format!("Read: {what}."))
}

/// As [`open`], with a notice in other words.
pub(crate) fn open_as(home: &Home, code: NoticeCode, text: &str) -> anyhow::Result<Access> {
    if let Some(identity) = keyholder::ask(&home.paths)? {
        let access = Access {
            vault: Vault::open(&home.paths.vault_dir())?,
            identity,
        };
        access.note(home, vec![(code, text.to_owned())])?;
        return Ok(access);
    }
    let access = fresh(home, code, text)?;
    keyholder::start(home, &access.identity, IDLE)?;
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
pub(crate) fn fresh(home: &Home, code: NoticeCode, text: &str) -> anyhow::Result<Access> {
    let entry = enter(home)?;
    let access = Access {
        identity: entry.vault.viewer_identity(&entry.door, &entry.pass)?,
        vault: entry.vault,
    };
    let mut notices = entry.notices;
    notices.push((NoticeCode::CodeAccepted, "A code was accepted.".to_owned()));
    notices.push((code, text.to_owned()));
    access.note(home, notices)?;
    Ok(access)
}

/// Does the vault open with a code alone, as far as the person is concerned? If not, says what else is needed.
pub(crate) fn takes_code_alone(home: &Home) -> anyhow::Result<()> {
    door_for_code(&Vault::open(&home.paths.vault_dir())?).map(drop)
}

fn door_for_code(vault: &Vault) -> anyhow::Result<UnlockedSlot> {
    start::door_from_store(vault).map_err(|e| {
        UserError::new(
            ErrorKind::Denied,
            "This needs the vault's passphrase too",
            "Run `uam unlock` in another terminal first.",
        )
        .caused_by(e)
        .into()
    })
}

/// Both factors, as they were typed into a view or a page: the right to read, and what the record must say of it besides.
/// Without a passphrase the vault must open with the credential store.
///
/// # Errors
/// With [`ErrorKind::Denied`] when one of them is not right.
pub(crate) fn typed(
    home: &Home,
    code: &str,
    passphrase: Option<&str>,
) -> anyhow::Result<(Access, Vec<(NoticeCode, String)>)> {
    let denied = |what: String| anyhow::Error::from(UserError::new(ErrorKind::Denied, what, ""));
    let mut vault = Vault::open(&home.paths.vault_dir())?;
    let door = match passphrase {
        Some(words) => vault
            .unlock_slot(&Factor::Passphrase(words))
            .map_err(|_| denied("that is not the passphrase".to_owned()))?,
        None => door_for_code(&vault)?,
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
    Ok((Access { vault, identity }, notices))
}

/// The right to read, from a code that was typed into a view. Whoever looks again within [`IDLE`] needs no code.
pub(crate) fn with_code(home: &Home, code: &str, text: &str) -> anyhow::Result<Access> {
    let (access, mut notices) = typed(home, code, None)?;
    notices.push((NoticeCode::CodeAccepted, "A code was accepted.".to_owned()));
    notices.push((NoticeCode::Access, text.to_owned()));
    access.note(home, notices)?;
    keyholder::start(home, &access.identity, IDLE)?;
    Ok(access)
}

impl Access {
    /// The journal, opened for reading; a clear word when there is none yet.
    pub(crate) fn reader(&self, home: &Home) -> anyhow::Result<Reader> {
        Reader::open(
            &home.paths.journal_dir(),
            self.vault.viewer_opener(&self.identity),
        )
        .context("cannot read the journal")
    }

    /// What writes and opens the journal here while no instance runs.
    pub(crate) fn keys(&self) -> anyhow::Result<journal::JournalKeys> {
        crate::commands::keys(&self.vault, self.vault.viewer_opener(&self.identity), None)
    }

    /// Puts notices into the journal.
    pub(crate) fn note(
        &self,
        home: &Home,
        notices: Vec<(NoticeCode, String)>,
    ) -> anyhow::Result<()> {
        note(home, &self.keys()?, notices)
    }

    /// As [`Self::note`], for who did the same minutes ago: the journal is not read through for damage again.
    pub(crate) fn note_again(
        &self,
        home: &Home,
        notices: Vec<(NoticeCode, String)>,
    ) -> anyhow::Result<()> {
        put(home, &self.keys()?, notices, Errand::open_again)
    }
}

/// Puts notices into the journal: through the running instance, or directly where none runs.
pub(crate) fn note(
    home: &Home,
    keys: &journal::JournalKeys,
    notices: Vec<(NoticeCode, String)>,
) -> anyhow::Result<()> {
    put(home, keys, notices, Errand::open)
}

type OpenErrand = fn(&std::path::Path, journal::JournalKeys, i64) -> Result<Errand, JournalError>;

fn put(
    home: &Home,
    keys: &journal::JournalKeys,
    notices: Vec<(NoticeCode, String)>,
    open: OpenErrand,
) -> anyhow::Result<()> {
    let request = Request::RecordNotices { notices };
    match control::call(&home.paths, &request) {
        Ok(Response::Refused(why)) => {
            return Err(UserError::new(
                ErrorKind::Failed,
                format!("the running instance did not note the access: {why}"),
                "Try again in a moment.",
            )
            .into());
        }
        Ok(_) => return Ok(()),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {}
        Err(e) => return Err(e),
    }
    let Request::RecordNotices { notices } = request else {
        return Ok(());
    };
    let now_us = current_time_us();
    let zone = current_zone_name().to_string();
    let records: Vec<Record> = notices
        .into_iter()
        .map(|(code, text)| {
            Record::Notice(Notice {
                at_us: now_us,
                zone: zone.clone(),
                code,
                text,
            })
        })
        .collect();
    match open(&home.paths.journal_dir(), keys.clone(), now_us) {
        // Nothing was ever recorded, so there is nothing to keep a notice beside.
        Err(JournalError::Missing { .. }) => Ok(()),
        errand => errand
            .and_then(|mut errand| {
                errand.note(&records, now_us)?;
                pack(home, &mut errand, now_us)
            })
            .context("the access could not be noted"),
    }
}

/// Packs what an errand wrote while it can be opened: the next start's lease could not. A settings file that cannot be
/// read leaves that for the next time.
pub(crate) fn pack(home: &Home, errand: &mut Errand, now_us: i64) -> Result<(), JournalError> {
    if let Ok(config) = Settings::load(&home.paths) {
        errand.writer().freeze(
            now_us,
            &settings::UploadPolicy::from(&config.upload).freeze_options(true),
        )?;
    }
    Ok(())
}
