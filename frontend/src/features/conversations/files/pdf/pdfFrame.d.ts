/** The address of the script that frame.ts becomes (vite.config.ts). */
declare module "virtual:pdf-frame" {
  const address: string;
  export default address;
}
