//! A private session bus (Debian: `dbus`).

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use vault::credential_store::secret_service::SecretService;
use zbus::{Connection, connection::Builder};

const MISSING: &str = "this test needs the Debian package dbus: sudo apt-get install dbus";

/// Longer than anything here takes; only a test that fails waits for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A bus on which nobody is started by being called; killed on drop.
pub(crate) struct Bus {
    daemon: Child,
    pub(crate) address: String,
    pub(crate) home: TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        let home = TempDir::new().unwrap();
        let address = format!("unix:path={}", home.path().join("bus").display());
        let config = home.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>"
        );
        std::fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address=1"])
            .arg(format!("--config-file={}", config.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It may not raise its limits everywhere, and says so.
            .stderr(Stdio::null())
            .spawn()
            .expect(MISSING);
        let mut line = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.starts_with("unix:path="), "{MISSING}: {line:?}");
        Self {
            daemon,
            address,
            home,
        }
    }

    /// The store on this bus, with more patience than a test has.
    pub(crate) fn store(&self) -> SecretService {
        SecretService::at(self.address.as_str()).patience(PATIENCE, PATIENCE)
    }

    pub(crate) async fn connect(&self) -> Connection {
        Builder::address(self.address.as_str())
            .method_timeout(PATIENCE)
            .build()
            .await
            .unwrap()
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
