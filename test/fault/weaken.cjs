// For the self-test of the power cut: connections are opened with synchronous=NORMAL while they claim to be FULL.
const Database = require('better-sqlite3');
const pragma = Database.prototype.pragma;
Database.prototype.pragma = function weakened(text, options) {
  if (text === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options);
  if (text === 'synchronous') return 2;
  return pragma.call(this, text, options);
};
