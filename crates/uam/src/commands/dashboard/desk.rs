//! What the page asks of this program.
//!
//! Always true: each look asks the keyholder first, which prolongs the unlock, and is noted before its answer is given.
//! The reader holds the viewer's key meanwhile; it goes with the first look that finds no keyholder, and this process
//! ends within seconds of the keyholder. Taking something out needs both factors again, and so does saving days as a file.

use super::check;
use crate::access::{self, Access, keyholder};
use crate::commands::{Home, sent};
use crate::control;
use crate::yours::{hand, words};
use journal::Reader;
use model::{ErrorKind, NoticeCode};
use protocol::{RedactionScope, Request, Response};
use report::AgentStatus;
use settings::Settings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use vault::{KeySlotKind, Vault};
use web::{Checking, Desk, Proof, Refused, Sent, Setting, Telling, Watch};

/// The same look within this time is noted once.
const ONCE: Duration = Duration::from_secs(600);

/// Looks remembered; when there are more they are noted again.
const MOST_LOOKS: usize = 1024;

/// Reads for the page.
pub(super) struct Page {
    home: Home,
    reader: Option<Reader>,
    noted: HashMap<String, Instant>,
    /// When a notice was last written with a whole look at the journal.
    checked: Option<Instant>,
    /// The settings file as it was last read, and what it says of days. Rules cost milliseconds to be made ready.
    told: Option<(Option<Vec<u8>>, Telling)>,
}

impl Page {
    pub(super) fn new(home: &Home) -> Self {
        Self {
            home: home.again(),
            reader: None,
            noted: HashMap::new(),
            checked: None,
            told: None,
        }
    }

    /// What the settings say of days, read anew where the file has changed.
    fn told(&mut self) -> anyhow::Result<Telling> {
        let text = std::fs::read(self.home.paths.config_file()).ok();
        if let Some((known, telling)) = &self.told
            && *known == text
        {
            return Ok(telling.clone());
        }
        let config = Settings::load(&self.home.paths)?;
        let telling = Telling {
            starts: config.view_options(None).starts,
            meaning: Arc::new(config.classification_rules()?),
            version: env!("CARGO_PKG_VERSION"),
        };
        self.told = Some((text, telling.clone()));
        Ok(telling)
    }

    /// The right to read now. A key that is gone takes the reader with it.
    fn access(&mut self) -> Result<Access, Refused> {
        let identity = keyholder::ask(&self.home.paths).ok().flatten();
        let Some(identity) = identity else {
            self.reader = None;
            return Err(Refused::Locked);
        };
        let vault = Vault::open(&self.home.paths.vault_dir()).map_err(|e| failed(&e.into()))?;
        Ok(Access { vault, identity })
    }

    fn noted(&mut self, what: &str) -> Result<Access, Refused> {
        let access = self.access()?;
        let known = self.noted.get(what).is_some_and(|at| at.elapsed() < ONCE);
        if !known {
            let notice = (NoticeCode::Access, format!("Read: {what}."));
            let again = self.checked.is_some_and(|at| at.elapsed() < ONCE);
            let noted = match again {
                true => access.note_again(&self.home, vec![notice]),
                false => access.note(&self.home, vec![notice]),
            };
            noted.map_err(|e| failed(&e))?;
            if !again {
                self.checked = Some(Instant::now());
            }
            if self.noted.len() >= MOST_LOOKS {
                self.noted.clear();
            }
            self.noted.insert(what.to_owned(), Instant::now());
        }
        Ok(access)
    }

    /// Both factors, as they were typed into the page.
    fn fresh(&self, proof: &Proof) -> Result<Access, Refused> {
        let passphrase = proof.passphrase.as_ref().map(|words| words.as_str());
        let typed = access::typed(&self.home, &proof.code, passphrase);
        let (access, mut notices) = typed.map_err(|e| match model::error_kind(e.as_ref()) {
            ErrorKind::Denied => Refused::Denied(model::describe_error(e.as_ref())),
            _ => failed(&e),
        })?;
        let text = "A code was accepted, on the page.".to_owned();
        notices.push((NoticeCode::CodeAccepted, text));
        access.note(&self.home, notices).map_err(|e| failed(&e))?;
        Ok(access)
    }

    fn carry(&self, scope: &RedactionScope, access: &Access) -> anyhow::Result<String> {
        let told = match hand::is_running(&self.home)? {
            true => hand::through(&self.home, scope, false, Some(access))?,
            false => hand::directly(&self.home, scope, false, access)?,
        };
        if told.is_empty() {
            return Ok("There was nothing to take out.".to_owned());
        }
        let copies = hand::delete_copies(&self.home, Some(access), &told)?;
        let mut done = format!("Taken out: {}.", words::numbers(scope, &told));
        if !copies.deleted.is_empty() {
            done.push_str(" Its copy was deleted where it was sent.");
        }
        for (name, why) in &copies.left {
            done.push_str(&format!(" STILL where it was sent: {name} ({why})."));
        }
        if told.checkpoint_pending {
            done.push_str(" The last traces go when nobody reads the record any more.");
        }
        for file in &told.set_aside_files {
            let file = file.display();
            done.push_str(&format!(
                " Set aside earlier and not touched; it may hold the same: {file}."
            ));
        }
        Ok(done)
    }
}

fn failed(e: &anyhow::Error) -> Refused {
    Refused::Failed(format!("{e:#}"))
}

impl Desk for Page {
    fn look(&mut self, what: &str) -> Result<&Reader, Refused> {
        let access = self.noted(what)?;
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => access.reader(&self.home).map_err(|e| failed(&e))?,
        };
        Ok(self.reader.insert(reader))
    }

    fn telling(&mut self) -> Result<Telling, Refused> {
        self.told().map_err(|e| failed(&e))
    }

    fn check(&mut self, quick: bool, checking: Checking) -> Result<(), Refused> {
        self.access()?;
        check::begin(&self.home, quick, checking).map_err(|e| failed(&e))
    }

    fn sent(&mut self, limit: usize) -> Result<Vec<Sent>, Refused> {
        let reader = self.look("what was sent, on the page")?;
        sent::newest(reader, limit).map_err(|e| failed(&e))
    }

    fn settings(&mut self) -> Result<Vec<Setting>, Refused> {
        self.access()?;
        let settings = Settings::load(&self.home.paths).map_err(|e| failed(&e))?;
        let infos = settings::list_settings(&settings).into_iter();
        let rows = infos.map(|info| Setting {
            key: info.key,
            value: info.value,
            meaning: info.meaning,
        });
        Ok(rows.collect())
    }

    fn prove(&mut self, proof: &Proof) -> Result<(), Refused> {
        self.access()?;
        self.fresh(proof).map(drop)
    }

    fn take_out(&mut self, seq: u64, proof: &Proof) -> Result<String, Refused> {
        self.access()?;
        let access = self.fresh(proof)?;
        // A reader that stays open would keep old bytes in the write-ahead log.
        self.reader = None;
        self.carry(&RedactionScope::Screenshot { seq }, &access)
            .map_err(|e| failed(&e))
    }

    fn needs_passphrase(&mut self) -> bool {
        Vault::open(&self.home.paths.vault_dir()).is_ok_and(|v| !v.has_slot(KeySlotKind::OsStore))
    }
}

/// Watches the running instance and the keyholder.
pub(super) struct Lookout(Home);

impl Lookout {
    pub(super) fn new(home: &Home) -> Self {
        Self(home.again())
    }
}

impl Watch for Lookout {
    fn status(&self) -> Option<AgentStatus> {
        match control::call(&self.0.paths, &Request::Status).ok()? {
            Response::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    fn is_unlocked(&self) -> bool {
        keyholder::is_there(&self.0.paths)
    }
}
