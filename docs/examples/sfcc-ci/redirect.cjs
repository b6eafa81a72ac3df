// Lets an unmodified Node program reach the emulator under the names of real servers, without root.
//
// NODE_OPTIONS="--require ./redirect.cjs" EMULATOR_PORT=8443 EMULATOR_NAMES=name,name node program
//
// A connection to port 443 of one of the names goes to EMULATOR_PORT of this machine, as an entry in
// the hosts file and a redirected port would do. Nothing else changes: the program still demands a
// certificate for the name, and verifies it.
'use strict';
const net = require('net');

const names = new Set((process.env.EMULATOR_NAMES || '').split(','));
const port = Number(process.env.EMULATOR_PORT);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
    // net.connect passes its arguments as one list, with the options first.
    const options = Array.isArray(given[0]) ? given[0][0] : given[0];
    if (options && names.has(options.host) && Number(options.port) === 443) {
        Object.assign(options, { host: '127.0.0.1', port });
    }
    return connect.apply(this, given);
};
