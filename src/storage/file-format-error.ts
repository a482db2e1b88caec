/** Another version wrote the file. It is not damaged, so it is not set aside. */
export class FileFormatError extends Error {
  readonly code = 'FILE_FORMAT'

  constructor(path: string, formats: { readonly found: unknown; readonly read: number }) {
    super(
      `${path} has format ${String(formats.found)}, this version reads ${formats.read}: ` +
        'start the version that wrote it, or move the file away',
    )
  }
}
