// Results to other apps, where the browser can; a link can always be copied on secure pages.

export async function shareFile(uri: string): Promise<boolean> {
  const content = await (await fetch(uri)).blob();
  const files = [new File([content], "photo", { type: content.type })];
  if (!navigator.canShare?.({ files })) return false;
  await navigator.share({ files });
  return true;
}

export async function shareLink(url: string): Promise<boolean> {
  if (navigator.share) await navigator.share({ url });
  else if (navigator.clipboard) await navigator.clipboard.writeText(url);
  else return false;
  return true;
}
