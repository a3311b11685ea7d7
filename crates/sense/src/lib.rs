//! Sensors: what the desktop can tell, one backend per desktop, chosen at run time.
