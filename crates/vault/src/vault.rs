//! The vault: opening it, checking codes, and handing out keys.
//!
//! Always true:
//! * `vault.json` is replaced as one durable step; a file that does not parse, or was changed without
//!   the gate key, is never overwritten.
//! * A code is accepted only after the step it used is on the disk; two processes that try the same code at the same
//!   time take turns (`vault.lock`), so only one is let in.
//! * The viewer's identity is given out only for an [`UnlockedSlot`] (a secret that opens a slot) *and* a [`GateToken`]
//!   (a code that was right): two factors.
//! * Not noticed: an older `vault.json` put back by hand makes codes of the last 90 seconds fresh again.

use crate::age_keys::{self, Identity, Recipient};
use crate::consent::Consent;
use crate::enrolment::{self, Enrolment};
use crate::error::{SealError, VaultError};
use crate::gate::{self, CodeVerdict, GateDecision, GateState};
use crate::key_slots::{Factor, KeySlot, KeySlotKind, MIN_PASSPHRASE, SlotContents, SlotError};
use crate::organisations::Organisation;
use crate::recovery_codes::RecoveryCode;
use crate::seal::{Opener, Sealer};
use crate::unlocked_slot::{KeySlotInfo, UnlockedSlot};
use crate::vault_file::VaultState;
use crate::vault_lock::{load_state, lock_vault_file, save_state};
use data_encoding::BASE64;
use model::Timestamp;
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(crate) mod copy;
pub(crate) mod create;
pub(crate) mod edit;

/// The file's name within its directory.
pub const FILE_NAME: &str = "vault.json";

/// How many organisations may read.
pub const MAX_ORGANISATIONS: usize = 3;

/// The open vault of one installation. It holds no secret: those come with an [`UnlockedSlot`].
#[derive(Clone)]
pub struct Vault {
    path: PathBuf,
    state: VaultState,
}

/// Proof that a code was right just now: the second factor. Only [`Vault`] makes one.
#[derive(Debug)]
pub struct GateToken(());

/// The answer to a code.
#[derive(Debug)]
#[must_use]
pub struct CodeCheck {
    /// The gate's decision.
    pub verdict: CodeVerdict,
    /// Present when the code was right.
    pub token: Option<GateToken>,
    /// Wrong codes in a row before this one.
    pub failures_before: u32,
    /// By how many seconds the clock stands ahead of the latest time ever seen here, when that is more than a day.
    pub clock_jumped: Option<u64>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("device", &self.state.device)
            .finish_non_exhaustive()
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
        let state = load_state(&path)?;
        Ok(Self { path, state })
    }

    /// The path of the vault file.
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
            created: s.created,
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

    /// The organisations that can read.
    #[must_use]
    pub fn organisations(&self) -> &[Organisation] {
        &self.state.organisations
    }

    /// The agreement to the notice, if there is one.
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
        let unlocked = self.find_slot(factor)?;
        self.verify_seal(&unlocked)?;
        Ok(unlocked)
    }

    fn find_slot(&self, factor: &Factor<'_>) -> Result<UnlockedSlot, VaultError> {
        let kind = factor.kind();
        let mut failure = VaultError::NoSlot { kind };
        for slot in self.state.slots.iter().filter(|s| s.kind == kind) {
            let keys = slot
                .derive_keys(factor)
                .map_err(|e| slot_error(slot.id, e))?;
            match slot.gate_key(&self.state.device, &keys) {
                Ok(gate_key) => {
                    return Ok(UnlockedSlot {
                        slot: slot.clone(),
                        keys,
                        gate_key,
                    });
                }
                Err(SlotError::Refused) => failure = VaultError::WrongFactor { kind },
                Err(e) => return Err(slot_error(slot.id, e)),
            }
        }
        Err(failure)
    }

    /// The secret in the forms an authenticator app takes. `account` names the entry there, such as `user@host`;
    /// control characters are left out, a colon becomes a dash, and 48 characters are kept.
    ///
    /// # Errors
    /// [`VaultError::Enrolled`] once a code was accepted; to show a secret again, make a new one
    /// ([`Self::propose_secret`]). [`VaultError::Qr`].
    pub fn enrolment(
        &self,
        unlocked: &UnlockedSlot,
        account: &str,
    ) -> Result<Enrolment, VaultError> {
        if self.is_enrolled() {
            return Err(VaultError::Enrolled);
        }
        Enrolment::new(&self.totp_secret(unlocked)?, account)
    }

    /// Checks a code of RFC 6238 (SHA-1, six digits, 30 s) against the clock `unix_seconds` (UTC seconds since 1970).
    /// The gate's new state is durable before the answer is given; see [`CodeVerdict`] for the answers.
    ///
    /// # Errors
    /// [`VaultError::Io`] when the gate's counters could not be made durable; then the code was **not** accepted.
    /// [`VaultError::Changed`] when somebody edited the file.
    pub fn check_code(
        &mut self,
        unlocked: &UnlockedSlot,
        code: &str,
        unix_seconds: u64,
    ) -> Result<CodeCheck, VaultError> {
        let _lock = lock_vault_file(&self.path)?;
        self.reload_state(unlocked)?;
        let totp = gate::totp_generator(&self.totp_secret(unlocked)?, "gate");
        let before = self.state.gate;
        let GateDecision {
            verdict,
            state,
            clock_jumped,
        } = before.judge_code(&totp, code, unix_seconds);
        if state != before {
            self.state.gate = state;
            if let Err(e) = self.save_file(unlocked) {
                self.state.gate = before;
                return Err(e);
            }
        }
        Ok(CodeCheck {
            verdict,
            token: (verdict == CodeVerdict::Accepted).then_some(GateToken(())),
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
        code: &RecoveryCode,
        unix_seconds: u64,
    ) -> Result<(UnlockedSlot, GateToken), VaultError> {
        let _lock = lock_vault_file(&self.path)?;
        self.state = load_state(&self.path)?;
        let unlocked = self.unlock_slot(&Factor::Recovery(code))?;
        let before = self.state.clone();
        self.state.slots.retain(|s| s.id != unlocked.slot.id);
        match self.state.gate.reopened(unix_seconds) {
            Some(reopened) => self.state.gate = reopened,
            // Codes of the old secret are used up far into the future: only another one helps.
            None => {
                self.state
                    .set_totp(&unlocked.gate_key, &enrolment::random_totp_secret()?)?;
                self.state.gate = GateState::default();
            }
        }
        if let Err(e) = self.save_file(&unlocked) {
            self.state = before;
            return Err(e);
        }
        Ok((unlocked, GateToken(())))
    }

    /// The viewer's identity, which opens the records.
    ///
    /// # Errors
    /// [`VaultError::NoViewer`] where nobody on this computer may read, [`VaultError::SlotDamaged`].
    pub fn viewer_identity(
        &self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
    ) -> Result<Identity, VaultError> {
        self.viewer_of(unlocked)?.ok_or(VaultError::NoViewer)
    }

    /// Opens the records of this computer, also those under earlier keys of this vault.
    #[must_use]
    pub fn viewer_opener(&self, identity: &Identity) -> Opener {
        let earlier = self.state.earlier.iter().filter_map(|text| {
            let sealed = BASE64.decode(text.as_bytes()).ok()?;
            let plain = age_keys::open_with([identity].into_iter(), &sealed).ok()?;
            std::str::from_utf8(&plain).ok()?.parse().ok()
        });
        Opener::new([identity.clone()].into_iter().chain(earlier))
    }

    /// Seals for all recipients: the viewer, the organisations, and `lease`, the key that lives as long as one
    /// start and in no file.
    ///
    /// # Errors
    /// [`SealError::NoRecipient`], which a vault that was checked cannot give.
    pub fn sealer(&self, lease: Option<&Recipient>) -> Result<Sealer, SealError> {
        let all = self.state.recipients();
        Sealer::new(all.into_iter().chain(lease.cloned()))
    }

    /// Stores the agreement to the notice.
    ///
    /// # Errors
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn set_consent(
        &mut self,
        unlocked: &UnlockedSlot,
        consent: Consent,
    ) -> Result<(), VaultError> {
        self.update(unlocked, |vault| {
            vault.state.consent = Some(consent);
            Ok(())
        })
    }

    /// One change of the file: under the lock, from the present content, all or nothing.
    fn update<T>(
        &mut self,
        unlocked: &UnlockedSlot,
        change: impl FnOnce(&mut Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let _lock = lock_vault_file(&self.path)?;
        self.reload_state(unlocked)?;
        let before = self.state.clone();
        let result = change(self).and_then(|out| self.save_file(unlocked).map(|()| out));
        if result.is_err() {
            self.state = before;
        }
        result
    }

    /// As [`Self::update`], for a change after which another slot opens the vault.
    fn update_and_rekey<T>(
        &mut self,
        unlocked: &UnlockedSlot,
        change: impl FnOnce(&mut Self) -> Result<(UnlockedSlot, T), VaultError>,
    ) -> Result<(UnlockedSlot, T), VaultError> {
        let _lock = lock_vault_file(&self.path)?;
        self.reload_state(unlocked)?;
        let before = self.state.clone();
        let result = change(self).and_then(|out| self.save_file(&out.0).map(|()| out));
        if result.is_err() {
            self.state = before;
        }
        result
    }

    /// Adds a slot that wraps `contents`; it is not saved yet.
    fn put_slot(
        &mut self,
        factor: &Factor<'_>,
        contents: &SlotContents,
        now: Timestamp,
    ) -> Result<UnlockedSlot, VaultError> {
        check_strength(factor)?;
        let id = self.state.next_slot;
        let failed = |e| slot_error(id, e);
        let slot = KeySlot::new(&self.state.device, id, factor, contents, now).map_err(failed)?;
        self.state.next_slot += 1;
        self.state.slots.push(slot.clone());
        Ok(UnlockedSlot {
            keys: slot.derive_keys(factor).map_err(failed)?,
            slot,
            gate_key: contents.gate_key.clone(),
        })
    }

    fn put_organisation(&mut self, new: Organisation) -> Result<(), VaultError> {
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

    /// The contents for another slot, taken from an opened one.
    fn slot_contents(&self, unlocked: &UnlockedSlot) -> Result<SlotContents, VaultError> {
        Ok(SlotContents {
            gate_key: unlocked.gate_key.clone(),
            viewer: self.viewer_of(unlocked)?,
        })
    }

    fn viewer_of(&self, unlocked: &UnlockedSlot) -> Result<Option<Identity>, VaultError> {
        unlocked
            .slot
            .viewer(&self.state.device, &unlocked.keys)
            .map_err(|e| slot_error(unlocked.slot.id, e))
    }

    fn totp_secret(&self, unlocked: &UnlockedSlot) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.state
            .totp_secret(&unlocked.gate_key)
            .ok_or_else(|| self.changed_error())
    }

    fn reload_state(&mut self, unlocked: &UnlockedSlot) -> Result<(), VaultError> {
        // Another process may have used a step since this one looked.
        self.state = load_state(&self.path)?;
        self.verify_seal(unlocked)
    }

    fn verify_seal(&self, unlocked: &UnlockedSlot) -> Result<(), VaultError> {
        match self.state.is_whole(&unlocked.gate_key) {
            true => Ok(()),
            false => Err(self.changed_error()),
        }
    }

    fn changed_error(&self) -> VaultError {
        VaultError::Changed {
            path: self.path.clone(),
        }
    }

    fn save_file(&mut self, unlocked: &UnlockedSlot) -> Result<(), VaultError> {
        save_state(&self.path, &mut self.state, &unlocked.gate_key)
    }
}

/// Refuses a factor that is too weak for a slot.
fn check_strength(factor: &Factor<'_>) -> Result<(), VaultError> {
    match factor {
        Factor::Passphrase(words) if words.trim().chars().count() < MIN_PASSPHRASE => {
            Err(VaultError::WeakPassphrase)
        }
        Factor::OsStore(secret) if secret.len() < 32 => Err(VaultError::NoStoredSecret),
        _ => Ok(()),
    }
}

/// The error for a slot; a refusal after its gate key opened is damage too.
fn slot_error(id: u32, error: SlotError) -> VaultError {
    match error {
        SlotError::Random => VaultError::Random,
        SlotError::Refused | SlotError::Damaged => VaultError::SlotDamaged { id },
    }
}
