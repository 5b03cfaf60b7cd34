// Starts what a page needs. There is no build step: these modules run as they are.

import * as forms from "./forms.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as time from "./time.js";

const YEAR_S = 31536000;

// The server writes and reads times in the reader's zone, which only the browser knows.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `tierline_zone=${encodeURIComponent(zone)}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;

// A refused form leaves the browser at the form's address; a reload should show the ticket.
const ticket = document.querySelector(".ticket");
if (ticket && location.pathname !== `/tickets/${ticket.dataset.number}`) {
  history.replaceState(null, "", `/tickets/${ticket.dataset.number}`);
}

live.start();
time.start();
forms.start();
keys.start();
