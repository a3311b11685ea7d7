//! Changing a vault: slots, recovery codes, organisations, the secret of the codes, and all keys at once.
//!
//! Always true: every change asks for both factors; the last slot that opens the vault every day cannot be removed; data
//! that was sealed stays readable for everybody who could read it.

use super::{GateToken, Vault};
use crate::age_keys::{self, Identity};
use crate::cipher;
use crate::enrolment::{self, Enrolment};
use crate::error::VaultError;
use crate::gate::{self, CodeVerdict, GateState};
use crate::key_slots::{Factor, KeySlotKind, SlotContents};
use crate::organisations::Organisation;
use crate::recovery_codes::RecoveryKit;
use crate::totp_import::TotpSecret;
use crate::unlocked_slot::UnlockedSlot;
use data_encoding::BASE64;
use model::Timestamp;
use zeroize::Zeroizing;

/// A secret of the codes that is not in force yet.
pub struct ProposedSecret {
    secret: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for ProposedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProposedSecret(..)")
    }
}

impl ProposedSecret {
    /// The secret in the forms an authenticator app takes; see [`Vault::enrolment`].
    ///
    /// # Errors
    /// [`VaultError::Qr`].
    pub fn enrolment(&self, account: &str) -> Result<Enrolment, VaultError> {
        Enrolment::new(&self.secret, account)
    }
}

impl Vault {
    /// Adds a slot; its number.
    ///
    /// # Errors
    /// [`VaultError::WeakPassphrase`], [`VaultError::Random`], [`VaultError::Io`], [`VaultError::Changed`].
    pub fn add_slot(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        factor: &Factor<'_>,
        now: Timestamp,
    ) -> Result<u32, VaultError> {
        self.update(unlocked, |vault| {
            let contents = vault.slot_contents(unlocked)?;
            vault.put_slot(factor, &contents, now)?;
            Ok(vault.state.next_slot - 1)
        })
    }

    /// Removes a slot.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`], [`VaultError::LastSlot`] when nothing but recovery codes would be left,
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn remove_slot(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        id: u32,
    ) -> Result<(), VaultError> {
        self.update(unlocked, |vault| {
            let state = &mut vault.state;
            let Some(at) = state.slots.iter().position(|s| s.id == id) else {
                return Err(VaultError::NoSuchSlot { id });
            };
            state.slots.remove(at);
            if state.slots.iter().all(|s| s.kind == KeySlotKind::Recovery) {
                return Err(VaultError::LastSlot);
            }
            Ok(())
        })
    }

    /// Ten new recovery codes; the old ones are void.
    ///
    /// # Errors
    /// [`VaultError::Random`], [`VaultError::Io`], [`VaultError::Changed`].
    pub fn new_recovery_kit(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        now: Timestamp,
    ) -> Result<RecoveryKit, VaultError> {
        self.update(unlocked, |vault| {
            let contents = vault.slot_contents(unlocked)?;
            vault.put_recovery_kit(&contents, now)
        })
    }

    fn put_recovery_kit(
        &mut self,
        contents: &SlotContents,
        now: Timestamp,
    ) -> Result<RecoveryKit, VaultError> {
        let kit = RecoveryKit::random()?;
        let slots = &mut self.state.slots;
        slots.retain(|s| s.kind != KeySlotKind::Recovery);
        for code in kit.codes() {
            self.put_slot(&Factor::Recovery(code), contents, now)?;
        }
        Ok(kit)
    }

    /// Adds a recipient for everything recorded from now on.
    ///
    /// # Errors
    /// [`VaultError::TooManyOrganisations`], [`VaultError::OrganisationKnown`], [`VaultError::Io`],
    /// [`VaultError::Changed`].
    pub fn add_organisation(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        organisation: Organisation,
    ) -> Result<(), VaultError> {
        self.update(unlocked, |vault| vault.put_organisation(organisation))
    }

    /// Removes a recipient for everything recorded from now on. Data sealed for it before stays readable for it.
    ///
    /// # Errors
    /// [`VaultError::NoSuchOrganisation`], [`VaultError::NoReader`] when nobody would be left to read,
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn remove_organisation(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        name: &str,
    ) -> Result<(), VaultError> {
        self.update(unlocked, |vault| {
            let state = &mut vault.state;
            let before = state.organisations.len();
            state.organisations.retain(|o| o.name != name);
            if state.organisations.len() == before {
                return Err(VaultError::NoSuchOrganisation {
                    name: name.to_owned(),
                });
            }
            match state.recipients().is_empty() {
                true => Err(VaultError::NoReader),
                false => Ok(()),
            }
        })
    }

    /// New keys for everything: another viewer, another gate key, `factor` as the only daily slot, ten new recovery
    /// codes. The earlier viewer's key is kept, sealed for the new one alone: an organisation reads the data
    /// sealed for it at the time, and nothing from before it was named.
    ///
    /// # Errors
    /// [`VaultError::NoViewer`] where there is none to change, [`VaultError::WeakPassphrase`], [`VaultError::Random`],
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn rotate(
        &mut self,
        unlocked: &UnlockedSlot,
        token: &GateToken,
        factor: &Factor<'_>,
        now: Timestamp,
    ) -> Result<(UnlockedSlot, RecoveryKit), VaultError> {
        let identity = self.viewer_identity(unlocked, token)?;
        // The file is sealed under the new gate key, so the new slot saves it.
        self.update_and_rekey(unlocked, |vault| {
            let opener = vault.viewer_opener(&identity);
            let secret = vault
                .state
                .totp_secret(&unlocked.gate_key)
                .ok_or(VaultError::Random)?;
            let viewer = Identity::generate();
            vault.state.viewer = Some(viewer.recipient().to_string());
            let mut earlier = Vec::new();
            for old in opener.identities() {
                earlier.push(seal_identity(&viewer, old.reveal().as_bytes())?);
            }
            let gate_key = cipher::random_key()?;
            let state = &mut vault.state;
            state.earlier = earlier;
            state.set_totp(&gate_key, &secret)?;
            state.slots.clear();
            let contents = SlotContents {
                gate_key,
                viewer: Some(viewer),
            };
            let unlocked = vault.put_slot(factor, &contents, now)?;
            let kit = vault.put_recovery_kit(&contents, now)?;
            Ok((unlocked, kit))
        })
    }

    /// A new secret of the codes, as for a new phone. The present one stays in force until [`Self::confirm_secret`].
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn propose_secret(&self, given: Option<TotpSecret>) -> Result<ProposedSecret, VaultError> {
        let secret = match given {
            Some(given) => Zeroizing::new(given.as_bytes().to_vec()),
            None => enrolment::random_totp_secret()?,
        };
        Ok(ProposedSecret { secret })
    }

    /// Puts a proposed secret into force, once `code` shows that it is in somebody's app. Returns the verdict on that
    /// code; unless it is [`CodeVerdict::Accepted`] nothing changed. Codes of a secret that is not in force are no tries at
    /// the gate and are not counted.
    ///
    /// # Errors
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn confirm_secret(
        &mut self,
        unlocked: &UnlockedSlot,
        _token: &GateToken,
        proposal: &ProposedSecret,
        code: &str,
        unix_seconds: u64,
    ) -> Result<CodeVerdict, VaultError> {
        let totp = gate::totp_generator(&proposal.secret, "gate");
        let decision = GateState::default().judge_code(&totp, code, unix_seconds);
        if decision.verdict != CodeVerdict::Accepted {
            return Ok(decision.verdict);
        }
        self.update(unlocked, |vault| {
            let state = &mut vault.state;
            state.set_totp(&unlocked.gate_key, &proposal.secret)?;
            let clock_max = state.gate.clock_max.max(decision.state.clock_max);
            state.gate = GateState {
                clock_max,
                ..decision.state
            };
            Ok(())
        })?;
        Ok(CodeVerdict::Accepted)
    }
}

/// A secret key that opens earlier records, sealed for the viewer that takes its place; as base64.
fn seal_identity(viewer: &Identity, key: &[u8]) -> Result<String, VaultError> {
    let sealed = age_keys::seal_for(&[viewer.recipient()], key).ok_or(VaultError::NoReader)?;
    Ok(BASE64.encode(&sealed))
}
