/* My Calendar for those who have script: keys in the month, the add menu, and dragging.
   Everything here is an extra: each thing can be done by a link or a form as well. */
(() => {
  "use strict";
  const HOLD = 550; // milliseconds that a finger rests until the menu comes
  const SLACK = 6; // pixels that a press may slip before it is a drag
  const SCROLLED = "calendar-scrolled"; // how far down the page was when something was dropped
  const DAY_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
  const find = (id) => document.getElementById(id);
  const near = (node, what) => (node instanceof Element ? node.closest(what) : null);
  const isMirrored = () => document.documentElement.dir === "rtl";

  // Dates are plain texts such as 2026-11-24; UTC only does the counting.
  const write = (date) => date.toISOString().slice(0, 10);
  const shift = (day, days) => {
    const date = new Date(`${day}T00:00Z`);
    date.setUTCDate(date.getUTCDate() + days);
    return write(date);
  };
  const distance = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 864e5);
  const shiftMonth = (day, months) => {
    const date = new Date(`${day.slice(0, 7)}-01T00:00Z`);
    date.setUTCMonth(date.getUTCMonth() + months + 1, 0);
    date.setUTCDate(Math.min(date.getUTCDate(), Number(day.slice(8))));
    return write(date);
  };

  /* The month as a grid with one tab stop. */
  let wanted = null; // the day to go to when its month has come

  const cells = () => [...document.querySelectorAll(".month[role=grid] td")];

  const upgrade = () => {
    const calendar = find("calendar");
    if (!calendar) return;
    calendar.classList.add("has-script");
    const table = calendar.querySelector(".month");
    if (!table || table.getAttribute("role")) return;
    table.setAttribute("role", "grid");
    for (const cell of table.querySelectorAll("td")) cell.setAttribute("role", "gridcell");
    const cell = wanted && table.querySelector(`td[data-date="${wanted}"]`);
    makeCurrent(cell || table.querySelector(".is-chosen"));
    if (cell) cell.focus();
    wanted = null;
  };

  const makeCurrent = (current) => {
    for (const cell of cells()) {
      cell.tabIndex = cell === current ? 0 : -1;
      for (const link of cell.querySelectorAll("a")) {
        link.tabIndex = cell === current && !link.matches(".add") ? 0 : -1;
      }
    }
  };

  const turnPage = (day, direction) => {
    const link = find(direction > 0 ? "go-next" : "go-previous");
    if (!link) return;
    wanted = day;
    link.click();
  };

  const goTo = (day, direction) => {
    const cell = cells().find((one) => one.dataset.date === day);
    if (!cell) return turnPage(day, direction);
    makeCurrent(cell);
    return cell.focus();
  };

  const moveInMonth = (event, cell) => {
    const day = cell.dataset.date;
    const row = [...cell.parentNode.children];
    let steps = DAY_STEPS[event.key];
    if (isMirrored() && Math.abs(steps) === 1) steps = -steps;
    if (event.key === "Home") steps = -row.indexOf(cell);
    if (event.key === "End") steps = row.length - 1 - row.indexOf(cell);
    if (steps !== undefined) goTo(shift(day, steps), steps);
    else if (event.key === "PageUp") turnPage(shiftMonth(day, -1), -1);
    else if (event.key === "PageDown") turnPage(shiftMonth(day, 1), 1);
    else if (event.key === "Enter") openMenu(cell, cell);
    else return;
    event.preventDefault();
  };

  /* The add menu. */
  let opener = null;

  const isOpen = () => Boolean(find("add-menu")?.matches(":popover-open"));
  const items = () => [...document.querySelectorAll("#add-menu [role=menuitem]")];

  const openMenu = (place, from, point) => {
    const menu = find("add-menu");
    const name = place.querySelector(".day-name")?.textContent;
    if (!menu || !name) return;
    const time = point?.time || "";
    find("add-menu-day").textContent = time
      ? menu.dataset.at.replace("{day}", name).replace("{time}", time)
      : name;
    for (const link of items()) {
      const url = new URL(menu.dataset.new, location.href);
      url.searchParams.set("kind", link.dataset.kind);
      url.searchParams.set("date", place.dataset.date);
      if (time) url.searchParams.set("time", time);
      link.href = url.pathname + url.search;
    }
    opener = from;
    if (!isOpen()) menu.showPopover();
    const box = from.getBoundingClientRect();
    const x = point ? point.x : box.left + 8;
    const y = point ? point.y : Math.min(box.bottom, box.top + 32);
    menu.style.left = `${Math.max(8, Math.min(x, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(y, innerHeight - menu.offsetHeight - 8))}px`;
    items()[0].focus({ preventScroll: true });
  };

  const closeMenu = (isBack) => {
    if (!isOpen()) return;
    find("add-menu").hidePopover();
    if (isBack && opener) opener.focus();
  };

  const moveInMenu = (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const isLetter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    let to = null;
    if (event.key === "ArrowDown") to = all[(at + 1) % all.length];
    if (event.key === "ArrowUp") to = all[(at - 1 + all.length) % all.length];
    if (event.key === "Home") to = all[0];
    if (event.key === "End") to = all[all.length - 1];
    if (isLetter) {
      const letter = event.key.toLowerCase();
      const later = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      to = later.find((one) => one.textContent.trim().toLowerCase().startsWith(letter));
    }
    if (event.key === "Escape" || event.key === "Tab") closeMenu(true);
    else if (event.key === " ") all[at]?.click();
    else if (to) to.focus();
    else if (!isLetter) return;
    event.preventDefault();
  };

  // A bar hangs over days that are not its parents, so the point decides.
  const under = (x, y, what) =>
    document.elementsFromPoint(x, y).find((node) => node.matches(`#calendar ${what}`));
  const slotAt = (x, y) => under(x, y, "[data-time]");
  const placeAt = (x, y) => under(x, y, "[data-date]");

  const openAt = (place, x, y) => {
    const isCell = place.matches("td");
    if (isCell) makeCurrent(place);
    openMenu(place, isCell ? place : place.querySelector(".add"), {
      x, y, time: slotAt(x, y)?.dataset.time,
    });
  };

  const isEmptySpot = (target) =>
    near(target, "#calendar [data-date]") && !near(target, ".chip, .more");

  document.addEventListener("contextmenu", (event) => {
    if (event.shiftKey || !(near(event.target, "#add-menu") || isEmptySpot(event.target))) return;
    event.preventDefault();
    // A finger that rests makes this event too, in some browsers.
    letGo();
    if (!isOpen()) openAt(near(event.target, "[data-date]"), event.clientX, event.clientY);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) return endDrag();
    if (isOpen()) return moveInMenu(event);
    const place = near(event.target, "#calendar [data-date]");
    if (!place || near(event.target, ".chip")) return undefined;
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      event.preventDefault();
      return openMenu(place, event.target);
    }
    const isPlain = !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (isPlain && event.target.matches("[role=gridcell]")) moveInMonth(event, event.target);
    return undefined;
  });

  document.addEventListener("click", (event) => {
    const link = near(event.target, "#calendar [data-date] .add");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openMenu(near(link, "[data-date]"), link);
  });

  document.addEventListener("focusin", (event) => {
    const cell = near(event.target, "[role=gridcell]");
    if (cell && cell.tabIndex !== 0) makeCurrent(cell);
  });

  /* A finger that rests on a day. */
  let hold = null;

  const letGo = () => {
    clearTimeout(hold?.timer);
    hold = null;
  };

  const startHold = (event) => {
    if (event.pointerType === "mouse" || !isEmptySpot(event.target)) return;
    if (near(event.target, "a")) return;
    const { clientX: x, clientY: y } = event;
    const place = near(event.target, "[data-date]");
    const open = () => {
      if (!isOpen()) openAt(place, x, y);
    };
    hold = { x, y, timer: setTimeout(open, HOLD) };
  };

  /* Dragging with a mouse: to another day or time, or by the grip to another end. */
  let drag = null;

  const startPress = (event) => {
    const chip = near(event.target, ".chip[data-move]");
    if (event.button || event.pointerType !== "mouse" || !chip) return;
    const isBlock = Boolean(near(chip, ".blocks"));
    const isResize = Boolean(near(event.target, ".grip"));
    const place = placeAt(event.clientX, event.clientY);
    // A block that began on an earlier day is moved from there.
    if (!place || near(chip, ".day-list") || (isBlock && !isResize && chip.matches(".goes-back"))) {
      return;
    }
    drag = {
      chip, isBlock, isResize, day: place.dataset.date, x: event.clientX, y: event.clientY,
      // The top of a block, and not the spot where it is held, says when it begins.
      above: isBlock && !isResize ? event.clientY - chip.getBoundingClientRect().top - 4 : 0,
      target: null, isMoving: false,
    };
  };

  const dragTo = (event) => {
    if (!drag.isMoving) {
      if (Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLACK) return;
      drag.isMoving = true;
      drag.chip.classList.add("is-dragged");
      document.body.classList.add("is-dragging");
    }
    const [x, y] = [event.clientX, event.clientY - drag.above];
    drag.target?.classList.remove("is-target");
    drag.target = (drag.isBlock ? slotAt(x, y) : placeAt(x, y)) || null;
    drag.target?.classList.add("is-target");
  };

  const endDrag = () => {
    drag?.target?.classList.remove("is-target");
    drag?.chip.classList.remove("is-dragged");
    document.body.classList.remove("is-dragging");
    drag = null;
  };

  const endOfSlot = (day, time) => {
    const [hours, minutes] = time.split(":").map(Number);
    const date = new Date(Date.parse(`${day}T00:00Z`) + (hours * 60 + minutes + 30) * 6e4);
    return [write(date), date.toISOString().slice(11, 16)];
  };

  const drop = () => {
    const { chip, isBlock, isResize, target, day } = drag;
    const { first, last, clock = "" } = chip.dataset;
    endDrag();
    if (!target) return;
    const to = near(target, "[data-date]").dataset.date;
    const change = { date: first, time: clock, end_date: "", end_time: "" };
    if (isResize && isBlock) {
      [change.end_date, change.end_time] = endOfSlot(to, target.dataset.time);
      if (change.end_date + change.end_time <= first + clock) return;
    } else if (isResize) {
      change.end_date = to;
      if (to < first || to === last) return;
    } else {
      change.date = isBlock ? to : shift(first, distance(day, to));
      if (isBlock) change.time = target.dataset.time;
      if (change.date === first && change.time === clock) return;
    }
    submitMove(chip, change);
  };

  const submitMove = (chip, change) => {
    const form = find("move-form");
    const { key, version } = chip.dataset;
    const next = location.pathname + location.search;
    form.action = chip.dataset.move;
    for (const [name, value] of Object.entries({ ...change, key, version, next })) {
      form.elements.namedItem(name).value = value;
    }
    sessionStorage.setItem(SCROLLED, scrollY);
    form.submit();
  };

  // Whoever drops something finds the page where it was, and at its top only to read why not.
  const scrollBack = () => {
    const top = sessionStorage.getItem(SCROLLED);
    sessionStorage.removeItem(SCROLLED);
    if (top && !document.querySelector("main [role=alert]")) {
      scrollTo({ top: Number(top), behavior: "instant" });
    }
  };

  document.addEventListener("pointerdown", (event) => {
    if (!near(event.target, "#add-menu")) closeMenu(false);
    startPress(event);
    startHold(event);
  });

  document.addEventListener("pointermove", (event) => {
    if (drag) dragTo(event);
    if (hold && Math.hypot(event.clientX - hold.x, event.clientY - hold.y) > 10) letGo();
  });

  document.addEventListener("pointerup", () => {
    letGo();
    if (!drag?.isMoving) return endDrag();
    // The click that follows is the drag's end and no wish to see the item.
    const swallow = (click) => {
      click.preventDefault();
      click.stopPropagation();
    };
    document.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
    return drop();
  });

  document.addEventListener("pointercancel", () => {
    letGo();
    endDrag();
  });
  document.addEventListener("dragstart", (event) => {
    if (near(event.target, ".chip")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", upgrade);
  document.addEventListener("htmx:historyRestore", upgrade);
  upgrade();
  scrollBack();
})();
