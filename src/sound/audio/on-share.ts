/** Called now and then during long work with the share of it that is done, 0 to 1. */
export type OnShare = (share: number) => void;
