/** Positions of controls are whole numbers from -POSITION_MOST to POSITION_MOST; 0 changes nothing. */
export const POSITION_MOST = 10;
