import { useTitle } from "../../app/useTitle";
import { Column, PaneBody, PaneHeader, Section } from "../../components/Pane";
import { useArrival } from "../../components/useArrival";
import { paths } from "../../lib/paths";
import { Bb84 } from "./Bb84";
import { Receipts } from "./Receipts";
import { Samples } from "./Samples";
import { Sources } from "./Sources";

/** Where the randomness comes from, and what a key exchange with photons looks like. */
export function QuantumPage() {
  const heading = useArrival();
  useTitle("Quantum");
  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1 ref={heading} tabIndex={-1}>
          Quantum
        </h1>
      </PaneHeader>
      <PaneBody>
        <Column>
          <Section aria-labelledby="randomness">
            <h2 id="randomness">Where the randomness comes from</h2>
            <Sources />
          </Section>
          <Section aria-labelledby="receipts">
            <h2 id="receipts">Your conversations</h2>
            <Receipts />
          </Section>
          <Section aria-labelledby="samples">
            <h2 id="samples">What the sources give</h2>
            <Samples />
          </Section>
          <Section aria-labelledby="bb84">
            <h2 id="bb84">A key made of photons (BB84)</h2>
            <Bb84 />
          </Section>
        </Column>
      </PaneBody>
    </>
  );
}
