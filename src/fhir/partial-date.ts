export const dateRange = (text: string): { low: number; high: number } | undefined => {
  const low = Date.parse(text);
  return Number.isNaN(low) ? undefined : { low, high: low };
};
