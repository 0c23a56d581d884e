// Dynalite throws out of its process on some odd requests. Loaded before it, this drops the
// connections instead, so that one such request costs its own answer and not the whole run's.
"use strict";

const http = require("node:http");

const open = new Set();
const listen = http.Server.prototype.listen;
http.Server.prototype.listen = function (...args) {
  this.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  return listen.apply(this, args);
};
process.on("uncaughtException", () => open.forEach((socket) => socket.destroy()));
