//! What may be changed in a vault: slots, recovery codes, organisations, the secret of the codes, and all keys at once.
//!
//! Always true: every change asks for both factors; the last slot that opens the vault every day cannot be removed; what
//! was recorded stays readable for whoever could read it.

use crate::file::{self, VaultState};
use crate::gate::{self, GateState};
use crate::keys::Identity;
use crate::seal::Opener;
use crate::slots::{Factor, KeySlotKind, SlotContents};
use crate::store::{self, GateToken, UnlockedSlot, Vault};
use crate::{
    CodeVerdict, Enrolment, Organisation, RecoveryCode, RecoveryKit, TotpSecret, VaultError, cipher,
};
use std::path::Path;
use zeroize::Zeroizing;

/// A secret of the codes that is not in force yet.
pub struct ProposedSecret {
    secret: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for ProposedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proposal(..)")
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
        door: &UnlockedSlot,
        _pass: &GateToken,
        factor: &Factor<'_>,
        now_us: i64,
    ) -> Result<u32, VaultError> {
        self.update(door, |vault| {
            let contents = vault.contents(door)?;
            vault.put_slot(factor, &contents, now_us)?;
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
        door: &UnlockedSlot,
        _pass: &GateToken,
        id: u32,
    ) -> Result<(), VaultError> {
        self.update(door, |vault| {
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
        door: &UnlockedSlot,
        _pass: &GateToken,
        now_us: i64,
    ) -> Result<RecoveryKit, VaultError> {
        self.update(door, |vault| {
            let contents = vault.contents(door)?;
            vault.put_kit(&contents, now_us)
        })
    }

    fn put_kit(&mut self, contents: &SlotContents, now_us: i64) -> Result<RecoveryKit, VaultError> {
        let kit = RecoveryKit::random()?;
        let slots = &mut self.state.slots;
        slots.retain(|s| s.kind != KeySlotKind::Recovery);
        for code in kit.codes() {
            self.put_slot(&Factor::Recovery(code), contents, now_us)?;
        }
        Ok(kit)
    }

    /// Lets somebody else read what is recorded from now on.
    ///
    /// # Errors
    /// [`VaultError::TooManyOrganisations`], [`VaultError::OrganisationKnown`], [`VaultError::Io`],
    /// [`VaultError::Changed`].
    pub fn add_organisation(
        &mut self,
        door: &UnlockedSlot,
        _pass: &GateToken,
        organisation: Organisation,
    ) -> Result<(), VaultError> {
        self.update(door, |vault| vault.put_organisation(organisation))
    }

    /// From now on `name` reads nothing new. What was sealed for them before stays readable for them.
    ///
    /// # Errors
    /// [`VaultError::NoSuchOrganisation`], [`VaultError::NoReader`] when nobody would be left to read,
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn remove_organisation(
        &mut self,
        door: &UnlockedSlot,
        _pass: &GateToken,
        name: &str,
    ) -> Result<(), VaultError> {
        self.update(door, |vault| {
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
    /// codes. The earlier viewer's key is kept, sealed for the new one alone: an organisation reads what was sealed for it
    /// at the time, and nothing from before it was named.
    ///
    /// # Errors
    /// [`VaultError::NoViewer`] where there is none to change, [`VaultError::WeakPassphrase`], [`VaultError::Random`],
    /// [`VaultError::Io`], [`VaultError::Changed`].
    pub fn rotate(
        &mut self,
        door: &UnlockedSlot,
        pass: &GateToken,
        factor: &Factor<'_>,
        now_us: i64,
    ) -> Result<(UnlockedSlot, RecoveryKit), VaultError> {
        let identity = self.viewer_identity(door, pass)?;
        // The file is sealed under the new gate key, so it is the new door that saves it.
        self.update_and_rekey(door, |vault| {
            let opener = vault.viewer_opener(&identity);
            let secret = vault
                .state
                .totp_secret(&door.gate_key)
                .ok_or(VaultError::Random)?;
            let viewer = Identity::generate();
            vault.state.viewer = Some(viewer.recipient().to_string());
            let mut earlier = Vec::new();
            for old in opener.identities() {
                earlier.push(store::seal_key(&viewer, old.reveal().as_bytes())?);
            }
            let gate_key = cipher::random_key().ok_or(VaultError::Random)?;
            let state = &mut vault.state;
            state.earlier = earlier;
            state.set_totp(&gate_key, &secret)?;
            state.slots.clear();
            let contents = SlotContents {
                gate_key,
                viewer: Some(viewer),
            };
            let door = vault.put_slot(factor, &contents, now_us)?;
            let kit = vault.put_kit(&contents, now_us)?;
            Ok((door, kit))
        })
    }

    /// A new secret of the codes, as for a new phone. The present one stays in force until [`Self::confirm_secret`].
    ///
    /// # Errors
    /// [`VaultError::Random`].
    pub fn propose_secret(&self, given: Option<TotpSecret>) -> Result<ProposedSecret, VaultError> {
        let secret = match given {
            Some(given) => Zeroizing::new(given.as_bytes().to_vec()),
            None => store::fresh_secret()?,
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
        door: &UnlockedSlot,
        _pass: &GateToken,
        proposal: &ProposedSecret,
        code: &str,
        unix_seconds: u64,
    ) -> Result<CodeVerdict, VaultError> {
        let totp = gate::totp(&proposal.secret, "gate");
        let judged = GateState::default().judge(&totp, code, unix_seconds);
        if judged.verdict != CodeVerdict::Accepted {
            return Ok(judged.verdict);
        }
        self.update(door, |vault| {
            let state = &mut vault.state;
            state.set_totp(&door.gate_key, &proposal.secret)?;
            let clock_max = state.gate.clock_max.max(judged.state.clock_max);
            state.gate = GateState {
                clock_max,
                ..judged.state
            };
            Ok(())
        })?;
        Ok(CodeVerdict::Accepted)
    }

    /// The part of the vault that lies beside the record in the bucket: public keys and the slots of the recovery codes.
    /// With one code it gives the identity that opens everything there ([`open_vault_copy`]).
    #[must_use]
    pub fn encode_copy(&self) -> Vec<u8> {
        let state = &self.state;
        let copy = VaultState {
            slots: state
                .slots
                .iter()
                .filter(|s| s.kind == KeySlotKind::Recovery)
                .cloned()
                .collect(),
            totp: String::new(),
            gate: GateState::default(),
            consent: None,
            seal: String::new(),
            note: "A copy of a uam vault's recovery slots. With one recovery code, `uam recover` makes of it the age \
                   identity that opens this folder."
                .to_owned(),
            ..state.clone()
        };
        let mut json = serde_json::to_vec_pretty(&copy).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

/// What a recovery code opens.
#[derive(Debug)]
pub struct RecoveredKeys {
    /// The identity: as text it goes into a file for `age -d -i`.
    pub identity: Identity,
    /// Earlier identities of the same vault, for older objects.
    pub earlier: Vec<Identity>,
    /// Opens everything the vault ever sealed.
    pub opener: Opener,
}

/// Opens a vault file, or the copy of one from the bucket, with a recovery code, without a vault on this computer. The
/// file is not changed: on the computer it belongs to, use [`Vault::unlock_with_recovery_code`].
///
/// # Errors
/// [`VaultError::Io`], [`VaultError::Malformed`], [`VaultError::Newer`], [`VaultError::WrongFactor`],
/// [`VaultError::NoSlot`], [`VaultError::NoViewer`], [`VaultError::SlotDamaged`].
pub fn open_vault_copy(path: &Path, code: &RecoveryCode) -> Result<RecoveredKeys, VaultError> {
    let bytes = store::read_copy(path)?;
    let state = file::parse(path, &bytes)?;
    let (vault, identity) = Vault::open_in_copy(path, state, code)?;
    let opener = vault.viewer_opener(&identity);
    Ok(RecoveredKeys {
        earlier: opener.identities().skip(1).cloned().collect(),
        identity,
        opener,
    })
}
