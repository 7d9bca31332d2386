const rows = await gdrive.getSheet({ sheetId: "1oRd3rs2026q4Wx9" });
const pending = rows.filter((row) => row.Status === "pending");
const cents = new Map<string, number>();
for (const row of pending) cents.set(row.Region, (cents.get(row.Region) ?? 0) + Math.round(row.Amount * 100));
return {
  rows: rows.length,
  pending: pending.length,
  byRegion: Object.fromEntries(
    [...cents].sort(([a], [b]) => a.localeCompare(b)).map(([region, sum]) => [region, sum / 100]),
  ),
};
