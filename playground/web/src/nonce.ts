// The page's policy lets a <style> element in only with the nonce of this very answer.
// Monaco and the dialogs make theirs with document.createElement and know of no nonce,
// so it is added here. Imported first: nothing may make an element before this has run.
const nonce = document.querySelector<HTMLLinkElement>('link[nonce]')?.nonce ?? '';
const createElement = document.createElement.bind(document) as Document['createElement'];

document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = createElement(name, options);
  if (element instanceof HTMLStyleElement) {
    element.nonce = nonce;
  }
  return element;
}) as Document['createElement'];

export {};
