//! The vault file.
//!
//! Always true:
//! * `vault.json` is replaced as one durable step; a file that does not parse, or was changed by anybody who does not
//!   hold the gate key, is never overwritten.
//! * A code is accepted only after the step it used is on the disk; two processes that try the same code at the same
//!   time take turns (`vault.lock`), so only one is let in.
//! * The viewer's identity is given out only for a [`UnlockedSlot`] (a secret that opens a slot) *and* a [`GateToken`] (a code that
//!   was right): two factors.
//! * What this cannot see: an older `vault.json` put back by hand makes codes of the last 90 seconds fresh again.

use crate::cipher::SecretKey;
use crate::file::{self, VaultState};
use crate::gate::{self, GateDecision, GateState};
use crate::keys::{self, Identity, Recipient};
use crate::seal::{Opener, Sealer};
use crate::slots::{Factor, KeySlot, KeySlotKind, SlotContents, SlotError, SlotKeys};
use crate::{CodeVerdict, Consent, Enrolment, Organisation, SealError, VaultError};
use data_encoding::BASE64;
use platform::files;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The file's name within its directory.
pub const FILE_NAME: &str = "vault.json";

/// How many organisations may read.
pub const MAX_ORGANISATIONS: usize = 3;

/// The open vault of one installation. It holds no secret: those come through a [`UnlockedSlot`].
#[derive(Clone)]
pub struct Vault {
    pub(crate) path: PathBuf,
    pub(crate) state: VaultState,
}

/// An opened slot: the first factor. What it holds is wiped when dropped.
pub struct UnlockedSlot {
    slot: KeySlot,
    keks: SlotKeys,
    pub(crate) gate_key: SecretKey,
}

/// Proof that a code was right just now: the second factor. Only the vault makes one.
#[derive(Debug)]
pub struct GateToken(());

/// The answer to a code.
#[derive(Debug)]
#[must_use]
pub struct CodeCheck {
    /// What the gate said.
    pub verdict: CodeVerdict,
    /// There when the code was right.
    pub pass: Option<GateToken>,
    /// Wrong codes in a row before this one.
    pub failures_before: u32,
    /// By how many seconds the clock stands ahead of the latest time ever seen here, when that is more than a day.
    pub clock_jumped: Option<u64>,
}

/// A key slot, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySlotInfo {
    /// Its number; never given twice.
    pub id: u32,
    /// What opens it.
    pub kind: KeySlotKind,
    /// When it was made, in microseconds since the Unix epoch (UTC).
    pub created_us: i64,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("device", &self.state.device)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UnlockedSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({} {})", self.slot.kind, self.slot.id)
    }
}

impl Vault {
    /// Opens the vault in `dir`; never makes one.
    ///
    /// # Errors
    /// [`VaultError::Missing`] when there is none, [`VaultError::Malformed`] or [`VaultError::Newer`] when this version
    /// cannot read it (it is left as it is), [`VaultError::Io`].
    pub fn open(dir: &Path) -> Result<Self, VaultError> {
        let path = dir.join(FILE_NAME);
        let state = load(&path)?;
        Ok(Self { path, state })
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The installation's id: 32 lower-case hex digits.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.state.device
    }

    /// True once a code was accepted, so the secret is known to be in an authenticator app.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.state.gate.enrolled
    }

    /// The gate's counters as they were when the vault was opened or a code was last checked here.
    #[must_use]
    pub fn gate(&self) -> GateState {
        self.state.gate
    }

    /// The key slots.
    pub fn slots(&self) -> impl Iterator<Item = KeySlotInfo> + '_ {
        self.state.slots.iter().map(|s| KeySlotInfo {
            id: s.id,
            kind: s.kind,
            created_us: s.created_us,
        })
    }

    /// True when there is a slot of this kind.
    #[must_use]
    pub fn has_slot(&self, kind: KeySlotKind) -> bool {
        self.slots().any(|s| s.kind == kind)
    }

    /// The viewer's public key; `None` where nobody on this computer may read.
    #[must_use]
    pub fn viewer(&self) -> Option<&str> {
        self.state.viewer.as_deref()
    }

    /// Who else can read.
    #[must_use]
    pub fn organisations(&self) -> &[Organisation] {
        &self.state.organisations
    }

    /// What was agreed to, if anything.
    #[must_use]
    pub fn consent(&self) -> Option<&Consent> {
        self.state.consent.as_ref()
    }

    /// Opens a slot with `factor`: the first of the two factors. Takes about half a second for a passphrase.
    ///
    /// # Errors
    /// [`VaultError::NoSlot`] when there is none of that kind, [`VaultError::WrongFactor`] when it opens none of them,
    /// [`VaultError::SlotDamaged`], [`VaultError::Changed`] when somebody edited the file.
    pub fn unlock_slot(&self, factor: &Factor<'_>) -> Result<UnlockedSlot, VaultError> {
        let door = self.find_door(factor)?;
        self.verify_seal(&door)?;
        Ok(door)
    }

    fn find_door(&self, factor: &Factor<'_>) -> Result<UnlockedSlot, VaultError> {
        let kind = factor.kind();
        let mut answer = VaultError::NoSlot { kind };
        for slot in self.state.slots.iter().filter(|s| s.kind == kind) {
            let keks = slot.keks(factor)?;
            match slot.gate_key(&self.state.device, &keks) {
                Ok(gate_key) => {
                    return Ok(UnlockedSlot {
                        slot: slot.clone(),
                        keks,
                        gate_key,
                    });
                }
                Err(SlotError::Refused) => answer = VaultError::WrongFactor { kind },
                Err(SlotError::Damaged) => return Err(VaultError::SlotDamaged { id: slot.id }),
            }
        }
        Err(answer)
    }

    /// The secret in the forms an authenticator app takes. `account` names the entry there, such as `user@host`;
    /// control characters are left out, a colon becomes a dash, and 48 characters are kept.
    ///
    /// # Errors
    /// [`VaultError::Enrolled`] once a code was accepted: whoever wants to see the secret again makes a new one
    /// ([`Self::propose_secret`]). [`VaultError::Qr`].
    pub fn enrolment(&self, door: &UnlockedSlot, account: &str) -> Result<Enrolment, VaultError> {
        if self.is_enrolled() {
            return Err(VaultError::Enrolled);
        }
        Enrolment::new(&self.secret(door)?, account)
    }

    /// Checks a code of RFC 6238 (SHA-1, six digits, 30 s) against the clock `unix_seconds` (UTC seconds since 1970).
    /// What the gate has to remember is durable before the answer is given; see [`CodeVerdict`] for the answers.
    ///
    /// # Errors
    /// [`VaultError::Io`] when the gate's counters could not be made durable; then the code was **not** accepted.
    /// [`VaultError::Changed`] when somebody edited the file.
    pub fn check_code(
        &mut self,
        door: &UnlockedSlot,
        code: &str,
        unix_seconds: u64,
    ) -> Result<CodeCheck, VaultError> {
        let _turn = lock_vault_file(&self.path)?;
        self.reload(door)?;
        let totp = gate::totp(&self.secret(door)?, "gate");
        let before = self.state.gate;
        let GateDecision {
            verdict,
            state,
            clock_jumped,
        } = before.judge(&totp, code, unix_seconds);
        if state != before {
            self.state.gate = state;
            if let Err(e) = self.save(door) {
                self.state.gate = before;
                return Err(e);
            }
        }
        Ok(CodeCheck {
            verdict,
            pass: (verdict == CodeVerdict::Accepted).then_some(GateToken(())),
            failures_before: before.failures,
            clock_jumped,
        })
    }

    /// Takes a recovery code in the place of both factors. The code is used up, durably, before anything is given out,
    /// and a gate that was locked is open again.
    ///
    /// # Errors
    /// [`VaultError::WrongFactor`] when it is none of the vault's (or used already), [`VaultError::NoSlot`] when none
    /// is left, otherwise as [`Self::unlock_slot`] and [`Self::check_code`].
    pub fn unlock_with_recovery_code(
        &mut self,
        code: &crate::RecoveryCode,
        unix_seconds: u64,
    ) -> Result<(UnlockedSlot, GateToken), VaultError> {
        let _turn = lock_vault_file(&self.path)?;
        self.state = load(&self.path)?;
        let door = self.unlock_slot(&Factor::Recovery(code))?;
        let before = self.state.clone();
        self.state.slots.retain(|s| s.id != door.slot.id);
        match self.state.gate.reopened(unix_seconds) {
            Some(reopened) => self.state.gate = reopened,
            // Codes of the old secret are used up far into the future: only another one helps.
            None => {
                self.state.set_totp(&door.gate_key, &fresh_secret()?)?;
                self.state.gate = GateState::default();
            }
        }
        if let Err(e) = self.save(&door) {
            self.state = before;
            return Err(e);
        }
        Ok((door, GateToken(())))
    }

    /// The viewer's identity: what opens the record.
    ///
    /// # Errors
    /// [`VaultError::NoViewer`] where nobody on this computer may read, [`VaultError::SlotDamaged`].
    pub fn viewer_identity(
        &self,
        door: &UnlockedSlot,
        _pass: &GateToken,
    ) -> Result<Identity, VaultError> {
        self.viewer_of(door)?.ok_or(VaultError::NoViewer)
    }

    /// Opens what was recorded here, also under earlier keys of this vault.
    #[must_use]
    pub fn viewer_opener(&self, identity: &Identity) -> Opener {
        let earlier = self.state.earlier.iter().filter_map(|text| {
            let sealed = BASE64.decode(text.as_bytes()).ok()?;
            let plain = keys::open_with([identity].into_iter(), &sealed).ok()?;
            std::str::from_utf8(&plain).ok()?.parse().ok()
        });
        Opener::new([identity.clone()].into_iter().chain(earlier))
    }

    /// Seals for everybody who can read: the viewer, the organisations, and `lease`, the key that lives as long as one
    /// start and in no file.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`], which a vault that was checked cannot give.
    pub fn sealer(&self, lease: Option<&Recipient>) -> Result<Sealer, SealError> {
        let all = self.state.recipients();
        Sealer::new(all.into_iter().chain(lease.cloned()))
    }

    /// Remembers what was agreed to.
    ///
    /// # Errors
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn set_consent(&mut self, door: &UnlockedSlot, consent: Consent) -> Result<(), VaultError> {
        self.update(door, |vault| {
            vault.state.consent = Some(consent);
            Ok(())
        })
    }

    /// One change of the file: under the lock, from what lies there now, all or nothing.
    pub(crate) fn update<T>(
        &mut self,
        door: &UnlockedSlot,
        change: impl FnOnce(&mut Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let _turn = lock_vault_file(&self.path)?;
        self.reload(door)?;
        let before = self.state.clone();
        let result = change(self).and_then(|out| self.save(door).map(|()| out));
        if result.is_err() {
            self.state = before;
        }
        result
    }

    /// As [`Self::update`], for a change after which another door opens the vault.
    pub(crate) fn update_and_rekey<T>(
        &mut self,
        door: &UnlockedSlot,
        change: impl FnOnce(&mut Self) -> Result<(UnlockedSlot, T), VaultError>,
    ) -> Result<(UnlockedSlot, T), VaultError> {
        let _turn = lock_vault_file(&self.path)?;
        self.reload(door)?;
        let before = self.state.clone();
        let result = change(self).and_then(|out| self.save(&out.0).map(|()| out));
        if result.is_err() {
            self.state = before;
        }
        result
    }

    /// What a recovery code wraps, in a copy that has neither a gate nor a seal.
    pub(crate) fn open_in_copy(
        path: &Path,
        state: VaultState,
        code: &crate::RecoveryCode,
    ) -> Result<(Self, Identity), VaultError> {
        let vault = Self {
            path: path.to_owned(),
            state,
        };
        let door = vault.find_door(&Factor::Recovery(code))?;
        let identity = vault.viewer_of(&door)?.ok_or(VaultError::NoViewer)?;
        Ok((vault, identity))
    }

    /// Adds a slot that wraps `contents`; it is not saved yet.
    pub(crate) fn put_slot(
        &mut self,
        factor: &Factor<'_>,
        contents: &SlotContents,
        now_us: i64,
    ) -> Result<UnlockedSlot, VaultError> {
        check_strength(factor)?;
        let id = self.state.next_slot;
        let slot = KeySlot::new(&self.state.device, id, factor, contents, now_us)?;
        self.state.next_slot += 1;
        self.state.slots.push(slot.clone());
        Ok(UnlockedSlot {
            keks: slot.keks(factor)?,
            slot,
            gate_key: contents.gate_key.clone(),
        })
    }

    pub(crate) fn put_organisation(&mut self, new: Organisation) -> Result<(), VaultError> {
        let known = &mut self.state.organisations;
        if known.iter().any(|o| o.name == new.name || o.key == new.key) {
            return Err(VaultError::OrganisationKnown { name: new.name });
        }
        if known.len() >= MAX_ORGANISATIONS {
            return Err(VaultError::TooManyOrganisations);
        }
        known.push(new);
        Ok(())
    }

    /// What a slot that `door` opens would have to wrap.
    pub(crate) fn contents(&self, door: &UnlockedSlot) -> Result<SlotContents, VaultError> {
        Ok(SlotContents {
            gate_key: door.gate_key.clone(),
            viewer: self.viewer_of(door)?,
        })
    }

    fn viewer_of(&self, door: &UnlockedSlot) -> Result<Option<Identity>, VaultError> {
        door.slot
            .viewer(&self.state.device, &door.keks)
            .map_err(|_| VaultError::SlotDamaged { id: door.slot.id })
    }

    fn secret(&self, door: &UnlockedSlot) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.state
            .totp_secret(&door.gate_key)
            .ok_or_else(|| self.changed())
    }

    fn reload(&mut self, door: &UnlockedSlot) -> Result<(), VaultError> {
        // Another process may have used a step since this one looked.
        self.state = load(&self.path)?;
        self.verify_seal(door)
    }

    fn verify_seal(&self, door: &UnlockedSlot) -> Result<(), VaultError> {
        match self.state.is_whole(&door.gate_key) {
            true => Ok(()),
            false => Err(self.changed()),
        }
    }

    fn changed(&self) -> VaultError {
        VaultError::Changed {
            path: self.path.clone(),
        }
    }

    pub(crate) fn save(&mut self, door: &UnlockedSlot) -> Result<(), VaultError> {
        let json = self.state.sealed_json(&door.gate_key)?;
        files::write_file_durably(&self.path, &json).map_err(io_error("write", &self.path))
    }
}

/// A key that opens earlier records, sealed for the viewer that takes its place.
pub(crate) fn seal_key(viewer: &Identity, key: &[u8]) -> Result<String, VaultError> {
    let sealed = keys::seal_for(&[viewer.recipient()], key).ok_or(VaultError::NoReader)?;
    Ok(BASE64.encode(&sealed))
}

/// A fresh secret of 160 bits (RFC 4226 section 4).
pub(crate) fn fresh_secret() -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut secret = Zeroizing::new(vec![0; 20]);
    getrandom::fill(&mut secret).map_err(|_| VaultError::Random)?;
    Ok(secret)
}

pub(crate) fn check_strength(factor: &Factor<'_>) -> Result<(), VaultError> {
    match factor {
        Factor::Passphrase(words) if words.trim().chars().count() < crate::MIN_PASSPHRASE => {
            Err(VaultError::WeakPassphrase)
        }
        Factor::OsStore(secret) if secret.len() < 32 => Err(VaultError::NoStoredSecret),
        _ => Ok(()),
    }
}

pub(crate) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VaultError {
    let path = path.to_owned();
    move |source| VaultError::Io {
        doing,
        path,
        source,
    }
}

/// One process at a time; the lock ends with the returned file.
pub(crate) fn lock_vault_file(path: &Path) -> Result<File, VaultError> {
    let path = path.with_extension("lock");
    let file = match files::create_private_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(&path)
        }
        made => made,
    };
    let file = file.map_err(io_error("open", &path))?;
    file.lock().map_err(io_error("lock", &path))?;
    Ok(file)
}

pub(crate) fn load(path: &Path) -> Result<VaultState, VaultError> {
    let opened = File::open(path).and_then(|file| {
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(file::MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    let bytes = match opened {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(VaultError::Missing {
                path: path.to_owned(),
            });
        }
        Err(e) => return Err(io_error("read", path)(e)),
    };
    files::restrict_to_owner(path).map_err(io_error("protect", path))?;
    file::parse(path, &bytes)
}

/// Reads a whole file that may be a copy of a vault.
pub(crate) fn read_copy(path: &Path) -> Result<Vec<u8>, VaultError> {
    fs::read(path).map_err(io_error("read", path))
}
