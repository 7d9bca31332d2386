import { ids, makeMeeting, makeOrders } from "../data.js";
import { ToolFailure, adds, array, boolean, changes, integer, object, reads, serve, string } from "./serve.js";

/** @typedef {import("./serve.js").State} State */
/** @typedef {{ id: string, name: string, mimeType: string, modifiedTime: string, size: number, owner: string }} File */

const docType = "application/vnd.google-apps.document";
const sheetType = "application/vnd.google-apps.spreadsheet";

/** @param {State} state @returns {{ id: string, title: string, content: string }} */
const meeting = (state) => state.seeded("meeting.json", makeMeeting);

/** @param {State} state @returns {import("../data.js").Order[]} */
const orders = (state) => state.seeded("orders.json", makeOrders);

/** @param {State} state @returns {File[]} */
function files(state) {
  const { id, title, content } = meeting(state);
  const owner = "marcus.bell@sluice-demo.example";
  return [
    { id, name: title, mimeType: docType, modifiedTime: "2026-11-12T16:02:11Z", size: content.length, owner },
    {
      id: ids.orders,
      name: "Orders 2026",
      mimeType: sheetType,
      modifiedTime: "2026-11-20T08:00:00Z",
      size: orders(state).length,
      owner,
    },
  ];
}

/** @param {State} state @param {string} id @param {string} mimeType @param {string} what @returns {File} */
function find(state, id, mimeType, what) {
  const file = files(state).find((each) => each.id === id);
  if (file === undefined) throw new ToolFailure(`File not found: ${id}. Use findDocument or listFiles to look up ids`);
  if (file.mimeType !== mimeType) throw new ToolFailure(`File ${id} ("${file.name}") is not a ${what}`);
  return file;
}

const fileId = string("The id of the file, as in its URL");
const fileSchema = object({
  id: string("File id"),
  name: string("File name"),
  mimeType: string("MIME type"),
  modifiedTime: string("Last change", { format: "date-time" }),
  size: integer("Characters of a document, rows of a sheet"),
  owner: string("Mail address of the owner", { format: "email" }),
});

serve({
  name: "gdrive",
  instructions:
    "Google Drive: documents, sheets and folders of the account. Look files up with findDocument (by name) or listFiles, then read them by id with getDocument or getSheet. Sheets come as one object per row, keyed by the header row.",
  tools: [
    {
      name: "getDocument",
      description: "Reads a document from Google Drive: its title, its whole text content and its metadata.",
      input: object({
        documentId: string("The id of the document to read"),
        "fields?": string("Comma-separated fields to return; all by default"),
      }),
      output: object({
        documentId: string("The document's id"),
        "title?": string("Title"),
        "content?": string("The whole text"),
        "mimeType?": string("MIME type"),
        "modifiedTime?": string("Last change", { format: "date-time" }),
        "owner?": string("Mail address of the owner"),
      }),
      annotations: reads,
      run: ({ documentId, fields }, state) => {
        const { mimeType, modifiedTime, owner } = find(state, documentId, docType, "document");
        const { title, content } = meeting(state);
        const wanted = fields?.split(",").map((/** @type {string} */ field) => field.trim());
        const document = { title, content, mimeType, modifiedTime, owner };
        return {
          documentId,
          ...Object.fromEntries(
            Object.entries(document).filter(([field]) => wanted === undefined || wanted.includes(field)),
          ),
        };
      },
    },
    {
      name: "listFiles",
      description: "Lists files in a folder of Google Drive, the newest first.",
      input: object({
        "folderId?": string("The folder; the root of the drive by default", { default: "root" }),
        "pageSize?": integer("How many files to return", { minimum: 1, maximum: 1000, default: 100 }),
        "mimeType?": string("Only files of this MIME type"),
      }),
      output: object({ files: array("The files", fileSchema) }),
      annotations: reads,
      run: ({ folderId = "root", pageSize = 100, mimeType }, state) => {
        if (folderId !== "root")
          throw new ToolFailure(`Folder not found: ${folderId}. The demo's drive has no folders but root`);
        const listed = files(state).filter((file) => mimeType === undefined || file.mimeType === mimeType);
        return { files: listed.toSorted((a, b) => b.modifiedTime.localeCompare(a.modifiedTime)).slice(0, pageSize) };
      },
    },
    {
      name: "findDocument",
      description: "Finds files in Google Drive whose name contains the given words (case does not matter).",
      input: object({
        query: string("Words that the file's name contains", { minLength: 1 }),
        "limit?": integer("At most this many", { minimum: 1, maximum: 100, default: 10 }),
      }),
      output: object({ files: array("Matching files", fileSchema) }),
      annotations: reads,
      run: ({ query, limit = 10 }, state) => {
        const words = query.toLowerCase().split(/\s+/).filter(Boolean);
        const matching = files(state).filter((file) =>
          words.every((/** @type {string} */ word) => file.name.toLowerCase().includes(word)),
        );
        return { files: matching.slice(0, limit) };
      },
    },
    {
      name: "getSheet",
      description:
        "Reads a Google Sheet. Returns an array with one object per row, keyed by the names in the header row.",
      input: object({
        sheetId: string("The id of the spreadsheet"),
        "startRow?": integer("First data row, from 1", { minimum: 1, default: 1 }),
        "maxRows?": integer("At most this many rows; all by default", { minimum: 1 }),
      }),
      annotations: reads,
      run: ({ sheetId, startRow = 1, maxRows }, state) => {
        find(state, sheetId, sheetType, "sheet");
        const first = startRow - 1;
        return orders(state).slice(first, maxRows === undefined ? undefined : first + maxRows);
      },
    },
    {
      name: "createDocument",
      description: "Creates a Google Doc from plain text or Markdown and returns its id.",
      input: object({
        title: string("Title of the new document"),
        content: string("Initial text"),
        "folderId?": string("Folder to create it in"),
      }),
      annotations: adds,
    },
    {
      name: "updateDocument",
      description: "Replaces the whole text of a Google Doc.",
      input: object({ documentId: string("The document to change"), content: string("The new text") }),
      annotations: changes,
    },
    {
      name: "appendToSheet",
      description: "Appends rows below the last row of a Google Sheet.",
      input: object({
        sheetId: string("The spreadsheet"),
        rows: array(
          "Rows to append, one array of cells each",
          array("Cells", { type: ["string", "number", "boolean", "null"] }),
        ),
      }),
      annotations: adds,
    },
    {
      name: "updateSheetRange",
      description: "Writes values into a range of a Google Sheet, given in A1 notation.",
      input: object({
        sheetId: string("The spreadsheet"),
        range: string("Range in A1 notation, for example Sheet1!B2:D10"),
        values: array("Rows of cells", array("Cells", { type: ["string", "number", "boolean", "null"] })),
      }),
      annotations: changes,
    },
    {
      name: "createFolder",
      description: "Creates a folder in Google Drive.",
      input: object({ name: string("Name of the folder"), "parentId?": string("Parent folder", { default: "root" }) }),
      annotations: adds,
    },
    {
      name: "moveFile",
      description: "Moves a file into another folder.",
      input: object({ fileId, folderId: string("The folder to move it to") }),
      annotations: changes,
    },
    {
      name: "copyFile",
      description: "Copies a file, optionally under a new name.",
      input: object({ fileId, "name?": string("Name of the copy") }),
      annotations: adds,
    },
    {
      name: "deleteFile",
      description: "Moves a file to the trash, or removes it for good.",
      input: object({ fileId, "permanent?": boolean("Remove instead of moving to the trash", { default: false }) }),
      annotations: changes,
    },
    {
      name: "shareFile",
      description: "Shares a file with a person, a group or everybody with the link.",
      input: object({
        fileId,
        role: string("What they may do", { enum: ["reader", "commenter", "writer"] }),
        "emailAddress?": string("With whom; everybody with the link if absent", { format: "email" }),
        "notify?": boolean("Send a mail about it", { default: true }),
      }),
      annotations: changes,
    },
    {
      name: "exportFile",
      description: "Exports a Google Doc, Sheet or Slides file in another format.",
      input: object({
        fileId,
        mimeType: string("Target format", {
          enum: [
            "application/pdf",
            "text/plain",
            "text/csv",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
          ],
        }),
      }),
      annotations: reads,
    },
  ],
});
