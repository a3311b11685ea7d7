//! A vault in a folder of its own, opened by a stored secret that is quick to use.

use model::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use vault::{
    CodeVerdict, FILE_NAME, Factor, GateToken, Identity, NewVault, Opener, Sealer, TotpSecret,
    UnlockedSlot, Vault,
};

/// The secret of the vectors in RFC 4226 (appendix D) and RFC 6238 (appendix B), `12345678901234567890`.
pub(crate) const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const CREATED: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// The secret that a credential store would keep.
pub(crate) const STORED: &[u8] = &[7; 32];

pub(crate) struct Home {
    pub(crate) dir: TempDir,
    pub(crate) vault: Vault,
    pub(crate) door: UnlockedSlot,
}

pub(crate) fn founding(factor: Factor<'_>) -> NewVault<'_> {
    NewVault {
        device: "0123456789abcdef0123456789abcdef".to_owned(),
        factor,
        totp: Some(TotpSecret::parse(RFC_SECRET).unwrap()),
        organisations: Vec::new(),
        viewer: true,
        now: CREATED,
    }
}

/// The code of the vectors' secret at a step.
pub(crate) fn code(step: u64) -> String {
    let secret = TotpSecret::parse(RFC_SECRET).unwrap().as_bytes().to_vec();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(step * 30).to_string()
}

impl Home {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (vault, door) = Vault::create(dir.path(), founding(Factor::OsStore(STORED))).unwrap();
        Self { dir, vault, door }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join(FILE_NAME)
    }

    pub(crate) fn check(&mut self, code: &str, now: u64) -> CodeVerdict {
        self.vault
            .check_code(&self.door, code, now)
            .unwrap()
            .verdict
    }

    /// A right code.
    pub(crate) fn pass(&mut self) -> GateToken {
        let answer = self
            .vault
            .check_code(&self.door, &code(NOW / 30), NOW)
            .unwrap();
        answer.token.expect("the code is right")
    }

    pub(crate) fn identity(&mut self) -> Identity {
        let pass = self.pass();
        self.vault.viewer_identity(&self.door, &pass).unwrap()
    }

    pub(crate) fn opener(&mut self) -> Opener {
        let identity = self.identity();
        self.vault.viewer_opener(&identity)
    }

    pub(crate) fn maker(&self) -> Sealer {
        self.vault.sealer(None).unwrap()
    }
}

/// The file as JSON.
pub(crate) fn json(dir: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(dir.join(FILE_NAME)).unwrap()).unwrap()
}

pub(crate) fn write_json(dir: &Path, json: &serde_json::Value) {
    fs::write(dir.join(FILE_NAME), serde_json::to_vec(json).unwrap()).unwrap();
}
